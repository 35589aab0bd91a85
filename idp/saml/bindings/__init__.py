"""The transport of messages: HTTP-Redirect, HTTP-POST and SOAP.

The content of messages is read in `sso` and `slo`. The HTTP-Artifact binding keeps state and is in `idp/saml/artifact`.
"""
