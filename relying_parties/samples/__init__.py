"""Sample applications: the DCC, Périnat and the messaging service, one small Flask application three times configured.

Two know an identity provider through OpenID Connect (`oidc`), the third
through SAML (`saml`), and they import nothing of ours, so that what works for
them works for anyone's application.
"""
