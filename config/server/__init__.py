"""The processes of a service: the supervisor (`serve`), the web server with its workers, and the jobs process.

These modules serve any WSGI application, named `module:name`; `service.py` says what they must know of a service.
The application itself is built in the service (`idp/app.py`).
"""
