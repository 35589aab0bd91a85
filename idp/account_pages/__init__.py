"""The pages of a person's own account: home, session and password.

They pass the same decision as any application (`idp/login/flow.py`). The pages between an application's request
and its answer are in `idp/login`, those of signing out in `idp/logout`; accounts themselves are in `idp/accounts`.
"""
