"""Accounts: who may log in, what they say of their person, what they may use, and how applications know them.

`accounts.py` reads accounts as snapshots. `provisioning.py`, `access.py` (entitlements and memberships) and
`identifiers.py` change them in the caller's transaction, and `service.py` does the same acts in a transaction each for
commands and pages. `communities.py` keeps the communities, `operators.py` the roles of operators, `cards.py` the cards
that log in, and `request_cards.py` those of requests. Only `passwords` reads a hash; `subjects.py` keeps the subject
identifiers. Sessions live in `idp.sessions`: an account ends its own by moving `valid_from`.

A username is what a person types to log in. The database column, the attribute
and the word of the command line are `login`.
"""
