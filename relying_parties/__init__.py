"""Relying parties: the applications that request logins, and what is agreed with each.

A package imports only from those below it (the contract `relying parties` in setup.cfg):

    registry         the registered applications in SQL; the commands `idp application`
    registration     reads and checks a registration: a TOML file, client metadata, or SAML metadata
    command_errors   reports errors of registrations on the command line
    sp_metadata      parses the SAML metadata of a service provider
    field_reader     reads untrusted fields one by one and collects the problems
    addresses, problems, policy
                     which addresses may be registered; the errors; assurance levels and access rules

    samples          small applications to try the services with; they import nothing else from this package

Not here: the protocols themselves, and fetching and verifying SAML metadata (idp/saml/sp_metadata).
"""
