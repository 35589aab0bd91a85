"""The Enhanced Client or Proxy profile: a login by a program, without a page.

Requests and responses are those of `idp/saml/sso`, and the decision is that of `idp/login/flow.py`; here they travel
in SOAP, with HTTP Basic for the password.
"""
