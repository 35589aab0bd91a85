"""How what goes to an application is protected: signed by the key that it trusts, encrypted for the keys it publishes.

SAML V2.0 Core, sections 5 and 6. What is agreed is in the application's terms.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from lxml import etree

from idp.keys.certificates import SigningIdentity
from idp.saml.bindings.redirect_signature import sign_query
from idp.saml.pysaml2.response_template import ElementText, ResponseText
from idp.saml.xmlsec.algorithms import NoCommonAlgorithm
from idp.saml.xmlsec.canonical import alone, within
from idp.saml.xmlsec.encryption import encrypted, written
from idp.saml.xmlsec.signing import sign, signature_of
from relying_parties.registration.saml_sp import Encryption, SamlServiceProvider, SignatureAlgorithm
from relying_parties.registry.application import Application

SigningKeys = Callable[[str | None, SignatureAlgorithm], SigningIdentity]
"""The identity to sign with: by the kid an application is pinned to (None: the current key) and an algorithm."""


class Protection:
    """Signs and encrypts, for each application as agreed with it."""

    def __init__(self, signing_keys: SigningKeys) -> None:
        self._signing_keys = signing_keys

    def sign(self, application: Application, *elements: etree._Element) -> None:
        """Put a signature in each of these elements of one message."""
        sign(elements, *self._signer(application))

    def signed_query(self, application: Application, parameters: Mapping[str, str]) -> str:
        """The query that carries a message, signed as a whole: Bindings, section 3.4.4.1."""
        return sign_query(parameters, *self._signer(application))

    def protect(self, application: Application, response: ResponseText, *, encrypts_name_id: bool) -> bytes:
        """The assertion signed, and encrypted, and the response signed around it: each as agreed.

        Raises:
            NoCommonAlgorithm: the assertion, or the name, cannot be encrypted as it must be.
        """
        terms = application.saml_sp
        provider = terms.service_provider
        name_id = _encrypted_name(response.name_id, terms) if encrypts_name_id else response.name_id
        assertion = response.assertion(name_id)
        signs_assertion = terms.signs.assertion or provider.want_assertions_signed
        text = self._signed(application, assertion) if signs_assertion else assertion.text
        if terms.encryption is not Encryption.NEVER and provider.encryption_keys:
            text = _encrypted("Assertion", text.encode(), terms)
        whole = response.response(text)
        return (self._signed(application, whole) if terms.signs.response else whole.text).encode()

    def _signed(self, application: Application, element: ElementText) -> str:
        return element.signed(signature_of(element.text.encode(), element.identifier, *self._signer(application)))

    def _signer(self, application: Application) -> tuple[SigningIdentity, SignatureAlgorithm]:
        algorithm = application.saml_sp.signature_algorithm
        return self._signing_keys(application.saml_signing_kid, algorithm), algorithm


def encrypt(element: etree._Element, terms: SamlServiceProvider) -> None:
    """Put in its place what only the service provider can read.

    Raises:
        NoCommonAlgorithm: there is none of its keys that we have algorithms for; the element is as it was.
    """
    parent = element.getparent()
    assert parent is not None  # noqa: S101 - part of a message
    parent.replace(element, etree.fromstring(_encrypted(etree.QName(element).localname, written(element), terms)))


def _encrypted_name(name_id: str, terms: SamlServiceProvider) -> str:
    """saml:EncryptedID, where a NameID was."""
    return within(_encrypted("NameID", alone(name_id).encode(), terms))


def _encrypted(name: str, element: bytes, terms: SamlServiceProvider) -> str:
    """By the first of the service provider's keys that we have algorithms for."""
    for key in terms.service_provider.encryption_keys:
        with suppress(NoCommonAlgorithm):
            return encrypted(name, element, key, terms.weak_algorithms)
    raise NoCommonAlgorithm
