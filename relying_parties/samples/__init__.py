"""Sample applications: the DCC and Périnat, one small Flask application twice configured.

They know an identity provider through OpenID Connect alone and import nothing
of ours, so that what works for them works for anyone's application.
"""
