"""The HTTP-Artifact binding: issues artifacts, resolves them for service providers, and fetches messages from them.

The messages behind artifacts are made and read in `idp/saml/sso`; SOAP is in `idp/saml/bindings`.
"""
