"""Asking for an account: its own Flask service and database, reaching the identity provider by HTTP only.

`app.py` registers every page, and `container.py` puts the parts together; setup.cfg lists the rooms in the order in
which they may import each other. This is the service that is open to strangers: it holds no signing key and no
password hash. Accounts, sessions and applications are in `idp`; what every service needs is in `config`.
"""
