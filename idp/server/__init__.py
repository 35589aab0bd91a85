"""The processes of the service: the supervisor (`idp serve`), the web server with its workers, and the jobs process.

These modules serve any WSGI application, named `module:name`. The application itself is built in `idp/app.py`.
"""
