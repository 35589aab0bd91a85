"""Parses the SAML metadata of a service provider: its endpoints, keys and requested attributes.

Not here: fetching and verifying metadata (idp/saml/sp_metadata), and storing it (relying_parties/registry).
"""
