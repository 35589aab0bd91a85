"""Accounts: who may log in, their passwords, their entitlements, and the subject identifiers that applications know.

`accounts.py` reads accounts, `provisioning.py` changes them in the caller's
transaction, and `service.py` does the same acts in a transaction each for
commands and pages. Only `passwords` reads a hash; `subjects.py` keeps the
subject identifiers. Sessions live in `idp.sessions`: an account ends its own by
moving `valid_from`.

A username is what a person types to log in. The database column, the attribute
and the word of the command line are `login`.
"""
