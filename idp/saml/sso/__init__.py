"""Web browser single sign-on: reads AuthnRequests and answers them with Responses.

`idp/login` decides, for both protocols, what a login needs. The transport of messages is in `idp/saml/bindings`, and
signatures are in `idp/saml/xmlsec`.
"""
