"""Asking for an account: its own Flask service and database, reaching the identity provider by HTTP only.

Nothing is here yet. It will hold no key and no password hash: it is the service
that is open to strangers.
"""
