"""The half of the services: what must hold before a card assertion is believed, and the revocation lists it needs.

`verifier.py` decides. `challenges.py` makes what cards sign. `hand_offs.py` and `software.py` lead a browser to the
card software and back, where the page's script cannot call it. Readers, PINs and APDUs stay at the workstation.
Accounts and requests are not here: each service finds its own.
"""
