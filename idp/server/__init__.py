"""The processes of the service: the supervisor that `idp serve` is, the web server, and how its workers come and go.

Nothing here knows what a login is: these modules serve a WSGI application named `module:name`. The application
itself is made in `idp/app.py`.
"""
