"""The processes of the service: the supervisor that `idp serve` is, the web server, and how its workers come and go.

Nothing here knows what a login is: it serves a WSGI application named `module:name`.
"""
