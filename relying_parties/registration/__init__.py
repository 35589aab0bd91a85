"""Reads and checks the registration of an application.

    registration, oidc_client, saml_sp   the `Registration`, and its parts for each protocol
    fields, saml_rules                   the fields of a registration file, and the rules for SAML
    toml_registration, toml_metadata     reads TOML files, and the metadata they refer to
    client_metadata                      reads and writes client metadata of OpenID Connect (RFC 7591)
    sibling_files, verified_metadata     files named by a registration; metadata that has been verified

Not here: the database (relying_parties/registry).
"""
