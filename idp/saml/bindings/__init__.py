"""How messages travel: HTTP-Redirect, HTTP-POST and SOAP.

What a message says is not looked at here: requests are read in `sso` and `slo`. The HTTP-Artifact binding has state
of its own, in `idp/saml/artifact`.
"""
