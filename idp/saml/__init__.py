"""SAML 2.0 for service providers: the same login, sessions and registry as OpenID Connect, in SAML's messages.

Each room imports from those below it, never from those above or beside it (the contract
`saml` in setup.cfg):

    ecp              logins of enhanced clients, without a page
    sso, slo         browser single sign-on; single logout
    idp_metadata     the metadata that we publish
    artifact         messages by reference
    sp_metadata      metadata of service providers, fetched and verified
    message_checks, service_providers, encrypted_name_ids, sign_encrypt, replay, forgery_limit
                     what every message that comes in must pass, and how one that goes out is protected
    bindings, pysaml2
                     how messages travel; how they are read and made
    xmlsec           signatures and encryption of XML
    errors, vocabulary

Not here: what a service provider is registered with (relying_parties), and how the rooms are built for an
installation (idp/container/saml.py).
"""
