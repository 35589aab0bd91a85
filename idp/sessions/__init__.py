"""Single sign-on: the session, the applications it has opened, and how it ends.

What a session must satisfy before an application is answered is in `idp/login/requirements.py`; telling the
applications that it ended is in `idp/logout`.
"""
