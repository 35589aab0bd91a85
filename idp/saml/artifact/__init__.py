"""Artifacts: issued, resolved for service providers, and fetched from them.

The message that an artifact stands for is made and read in `idp/saml/sso`; SOAP is in `idp/saml/bindings`.
"""
