"""Signs and encrypts messages to an application: SAML V2.0 Core, sections 5 and 6.

The registration of the application says which parts are signed and encrypted. Messages are signed with the key that
the application is pinned to, and encrypted for a key of its metadata.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from lxml import etree

from idp.keys.certificates import SigningIdentity
from idp.saml.bindings.redirect_signature import sign_query
from idp.saml.pysaml2.response.canonical_text import with_declaration, without_declaration
from idp.saml.pysaml2.response.template import ElementText, ResponseText
from idp.saml.xmlsec.algorithms import NoCommonAlgorithm
from idp.saml.xmlsec.encryption import encrypted, serialized
from idp.saml.xmlsec.signing import sign, signature_of
from relying_parties.registration.saml_sp import Encryption, SamlServiceProvider, SignatureAlgorithm
from relying_parties.registry.application import Application

FindSigningIdentity = Callable[[str | None, SignatureAlgorithm], SigningIdentity]
"""Finds the key to sign with, by the kid that an application is pinned to (None: the current key) and an algorithm."""


class Protection:
    """Signs and encrypts messages as the registration of each application says."""

    def __init__(self, find_identity: FindSigningIdentity) -> None:
        self._find_identity = find_identity

    def sign(self, application: Application, *elements: etree._Element) -> None:
        """Sign each of these elements of one message."""
        sign(elements, *self._signer(application))

    def signed_query(self, application: Application, parameters: Mapping[str, str]) -> str:
        """The signed query that carries a message: Bindings, section 3.4.4.1."""
        return sign_query(parameters, *self._signer(application))

    def protect(self, application: Application, response: ResponseText, *, encrypts_name_id: bool) -> bytes:
        """Encrypt the NameID, sign the assertion, encrypt it, and sign the response, each step if registered.

        Raises:
            NoCommonAlgorithm: the assertion or the NameID must be encrypted, and no algorithm is common.
        """
        registration, signer = application.saml_sp, self._signer(application)
        provider = registration.service_provider
        name_id = _encrypted_name(response.name_id, registration) if encrypts_name_id else response.name_id
        assertion = response.assertion(name_id)
        signs_assertion = registration.signed_parts.assertion or provider.want_assertions_signed
        text = _signed(assertion, *signer) if signs_assertion else assertion.text
        if registration.encryption is not Encryption.NEVER and provider.encryption_keys:
            text = _encrypted("Assertion", text.encode(), registration)
        whole = response.response(text)
        return (_signed(whole, *signer) if registration.signed_parts.response else whole.text).encode()

    def _signer(self, application: Application) -> tuple[SigningIdentity, SignatureAlgorithm]:
        algorithm = application.saml_sp.signature_algorithm
        return self._find_identity(application.saml_signing_kid, algorithm), algorithm


def encrypt(element: etree._Element, registration: SamlServiceProvider) -> None:
    """Replace an element of a message by its encrypted form.

    Raises:
        NoCommonAlgorithm: no key of the service provider has an algorithm that we support. Nothing is replaced.
    """
    parent = element.getparent()
    assert parent is not None  # noqa: S101 - part of a message
    encrypted_element = _encrypted(etree.QName(element).localname, serialized(element), registration)
    parent.replace(element, etree.fromstring(encrypted_element))


def _signed(element: ElementText, identity: SigningIdentity, algorithm: SignatureAlgorithm) -> str:
    return element.signed(signature_of(element.text.encode(), element.identifier, identity, algorithm))


def _encrypted_name(name_id: str, registration: SamlServiceProvider) -> str:
    """The saml:EncryptedID of a NameID, for a message that declares the prefix `saml`."""
    return without_declaration(_encrypted("NameID", with_declaration(name_id).encode(), registration))


def _encrypted(name: str, element: bytes, registration: SamlServiceProvider) -> str:
    """The element encrypted for the first key of the service provider whose algorithms we support."""
    for key in registration.service_provider.encryption_keys:
        with suppress(NoCommonAlgorithm):
            return encrypted(name, element, key, registration.weak_algorithms)
    raise NoCommonAlgorithm
