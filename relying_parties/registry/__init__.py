"""The register of applications: read by the protocols, changed by the commands `idp application` and by metadata.

    declarative_base, models, mapping, application
                                   rows, and the application that the protocols see
    registry, changes, service     finds and registers applications, with the audit entry in the same transaction
    metadata_sources, metadata_models, refresh_state, metadata_registration
                                   where SAML metadata comes from, when it was last good, and what it changes
    audit_kinds                    what the audit trail records of them
    commands, cli_output           the command line

Not here: what a registration must satisfy (relying_parties/registration), and what an application is told of a
person (idp/attribute_release.py).
"""
