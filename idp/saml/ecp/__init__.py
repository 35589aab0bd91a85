"""The Enhanced Client or Proxy profile: a login by a program, without a page.

Requests and responses are those of `idp/saml/sso`, and `idp/login/flow.py` decides. Here SOAP carries them, and HTTP
Basic the password.
"""
