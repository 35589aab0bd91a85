"""What an application asks to be registered with, checked and turned into a `Registration`.

    registration, oidc_client, saml_sp   the registration, and what each protocol needs
    fields, saml_rules                   the fields of a registration file, and the rules for SAML
    toml_registration, toml_metadata     registrations and metadata references in TOML files
    client_metadata                      client metadata of OpenID Connect (RFC 7591)
    sibling_files, verified_metadata     files named by a registration; metadata that has been verified

Nothing here reads or writes the database: relying_parties/registry.
"""
