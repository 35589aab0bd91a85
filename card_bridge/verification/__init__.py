"""The half of the services: what must hold before a card assertion is believed, and the revocation lists it needs.

verifier, checks, refusals              the decision, each check and its reason
presented, identifiers, algorithms      what a certificate says, and which of it is understood
trust                                   the authorities that issue cards
revocation, lists, ocsp, serial_index   what is revoked, by what was fetched before; `tables` keeps it
fetching                                the job that fetches lists and asks about single cards
challenges                              what a service gives cards to sign
hand_offs, software                     a browser's way to the card software and back, where no script can call it

Readers, PINs and APDUs stay at the workstation. Accounts and requests are not here: each service finds its own.
"""
