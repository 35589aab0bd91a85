"""Our own metadata, for service providers.

They declare the endpoints that are served (`idp/app.py`) and the keys of `idp/keys`. The metadata of service
providers are in `idp/saml/sp_metadata`.
"""
