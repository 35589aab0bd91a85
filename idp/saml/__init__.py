"""SAML 2.0 for service providers. It uses the same login, sessions and registry as OpenID Connect.

Each package imports only from those below it (the contract `saml` in setup.cfg):

    ecp              logins of enhanced clients, without a page
    sso, slo         browser single sign-on; single logout
    idp_metadata     the metadata that we publish
    artifact         messages by reference
    sp_metadata      metadata of service providers, fetched and verified
    message_checks, service_providers, encrypted_name_ids, sign_encrypt, replay, forgery_limit
                     the checks of every received message, and the protection of every message that we send
    bindings, pysaml2
                     the transport of messages; reading and making them
    xmlsec           signatures and encryption of XML
    errors, vocabulary

Not here: the registration of service providers (relying_parties), and the construction of these objects for an
installation (idp/container/saml.py).
"""
