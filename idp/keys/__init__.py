"""Signing keys and their certificates, how they rotate, and which key each SAML application is answered with.

The key that seals private keys at rest is in `config/encryption.py`. Signing is done where messages are made:
`idp/oidc/id_token.py` and `idp/saml/xmlsec`.
"""
