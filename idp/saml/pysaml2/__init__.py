"""The adapter of pysaml2: the only package that imports saml2.

    messages            SAML messages as plain values
    adapter             AuthnRequests and Responses
    logout_messages, artifact_messages
                        the messages of single logout and of artifact resolution
    protocol_messages   what all messages have in common
    server              pysaml2's server, with its unsafe parts replaced
    response            Responses by template
    deferred_schemas    pysaml2's XML schemas, loaded lazily

Signatures, encryption and parsing are not here: idp/saml/xmlsec and config/xml.py.
"""

from idp.saml.pysaml2 import deferred_schemas

deferred_schemas.defer()  # before anything imports saml2
