"""Single sign-on sessions: the session, its factors, its cookie, its participations, and the reasons of its end.

The requirements that a session must meet for an application are in `idp/login/requirements.py`. Logout, which
notifies the applications of a session that ends, is in `idp/logout`.
"""
