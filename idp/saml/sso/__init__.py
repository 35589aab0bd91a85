"""Web browser single sign-on: AuthnRequests read, and the Response that answers.

What a login needs is decided in `idp/login`, for both protocols. How messages travel is in `idp/saml/bindings`, and
signatures are in `idp/saml/xmlsec`.
"""
