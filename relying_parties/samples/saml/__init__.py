"""Login and logout with SAML 2.0, by python3-saml.

Not here: the pages of the application, which are in the package above.
"""
