"""Passwords: hashing, checking, replacing, the rules they obey, and the links that choose them.

The pages are in `idp/account_pages`; logging in by a password is `idp/login/methods/password.py`.
"""
