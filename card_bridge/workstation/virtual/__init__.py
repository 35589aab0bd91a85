"""The virtual CPS kit: a test authority, invented professionals, and emulators of their cards.

`personas.py` lists the professionals; `profile.py` has what their certificates say; `authority.py` issues them, and
`revocation.py` says which are revoked. Nothing here reads a card: the drivers do that, and they were written apart
from the emulators, so that each checks the other. No production system trusts this authority.
"""
