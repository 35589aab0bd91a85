"""The composition root: constructs the parts of the identity provider from settings, once for a worker.

`services` has what all packages share; each other module has the parts of one package. No package imports this one.
`idp/app.py` constructs the pages and registers them.
"""
