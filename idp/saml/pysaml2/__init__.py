"""pysaml2 behind one adapter: the only package that imports saml2.

    messages            what is read and made, as values of ours
    adapter             AuthnRequests and Responses        logout_messages, artifact_messages   the other protocols
    protocol_messages   what all of them have in common    server   pysaml2's server, with what it must not do replaced
    response            Responses by template              deferred_schemas   its schemas, loaded only if they are used

Signatures, encryption and parsing are not here: idp/saml/xmlsec and config/xml.py.
"""

from idp.saml.pysaml2 import deferred_schemas

deferred_schemas.defer()  # before anything imports saml2
