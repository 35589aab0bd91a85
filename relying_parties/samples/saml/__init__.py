"""Logging people in with SAML 2.0, by python3-saml."""
