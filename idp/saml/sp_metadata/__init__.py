"""Fetches and verifies the metadata of service providers, from addresses, aggregates and metadata query services.

The content of metadata is read and stored in `relying_parties`. The metadata of this identity provider are in
`idp/saml/idp_metadata`.
"""
