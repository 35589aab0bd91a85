"""The half of the services: what must hold before a card assertion is believed, and the revocation lists it needs.

Readers, PINs and APDUs are not here: they stay at the workstation. Nor are accounts: each service finds its own.
"""
