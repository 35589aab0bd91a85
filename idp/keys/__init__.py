"""Signing keys and their certificates, key rotation, and the key that signs for each SAML application.

The key that encrypts private keys at rest is in `config/encryption.py`. Messages are signed where they are made:
`idp/oidc/id_token.py` and `idp/saml/xmlsec`.
"""
