"""Metadata of SAML service providers: what they say, where they come from, how their refreshing goes.

Nothing here opens a connection or verifies a signature: metadata are fetched and verified in
`idp/saml/sp_metadata`.
"""
