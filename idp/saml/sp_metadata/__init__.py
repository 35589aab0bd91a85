"""Metadata of service providers fetched and verified: from addresses, aggregates and query services.

What metadata say, and which of it is kept, is in `relying_parties/sp_metadata`; our own metadata are in
`idp/saml/own_metadata`.
"""
