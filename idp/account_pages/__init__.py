"""The pages of a person's own account: the front page, the account page, and the pages of a password.

The account page passes the same decision as an application (`idp/login/flow.py`). The pages of a login are in
`idp/login`, those of a logout in `idp/logout`; accounts themselves are in `idp/accounts`.
"""
