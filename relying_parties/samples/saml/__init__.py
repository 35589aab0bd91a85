"""Logging people in with SAML 2.0, by python3-saml.

The pages of a sample application, whichever protocol it speaks, are in the package above.
"""
