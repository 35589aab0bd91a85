"""The metadata of this identity provider, for service providers.

They declare the endpoints that the application serves (`idp/app.py`) and the keys of `idp/keys`. The metadata of
service providers are in `idp/saml/sp_metadata`.
"""
