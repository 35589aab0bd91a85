"""Signing keys and their certificates, how they rotate, and which key each SAML application is answered with."""
