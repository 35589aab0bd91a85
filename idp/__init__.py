"""The identity provider: one login between two protocols, sessions, accounts and keys.

`app.py` puts it together; `docs/tour.md` follows one login through the files.
"""
