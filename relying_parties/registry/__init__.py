"""The registry of applications: the protocols read it; `idp application` and refreshed metadata change it.

    declarative_base, models, saml_json, mapping, application
                                   the rows, and the `Application` that the protocols see
    lookup                         finds applications
    registry, changes, service     registers and amends applications, with the audit entry in the same transaction
    metadata_sources, aggregate_entities, metadata_models
                                   the sources of SAML metadata, and the entities of aggregates
    refresh_state, metadata_registration
                                   the state of each refresh, and what metadata changes
    artifact_sources               finds the issuer of a SAML artifact
    audit_kinds                    the audit entries of the registry
    commands, cli_output           the commands `idp application`

Not here: the rules of a registration (relying_parties/registration), and which attributes an application receives
(idp/attribute_release.py).
"""
