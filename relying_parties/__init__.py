"""Relying parties: the applications that the services answer, and what is agreed with each.

Each room imports from those below it only (the contract `relying parties` in setup.cfg):

    registry         applications in SQL, with the metadata they came from; the commands `idp application`
    registration     what an application asks to be registered with, out of TOML, client metadata or SAML metadata
    sp_metadata      SAML metadata of a service provider, parsed
    field_reader     a file of fields, read with its position for messages
    addresses, problems, policy
                     addresses that are safe to register; what is wrong with a registration; who may enter

    samples          small applications to try the services with; they import nothing else from here

Not here: the protocols themselves, and fetching and verifying SAML metadata (idp/saml/sp_metadata).
"""
