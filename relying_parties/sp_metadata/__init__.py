"""SAML metadata of a service provider, parsed: its endpoints, keys and requested attributes.

Not here: fetching and verifying it (idp/saml/sp_metadata), and keeping it (relying_parties/registry).
"""
