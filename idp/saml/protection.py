"""How what goes to an application is protected: signed by the key that it trusts, encrypted for the keys it publishes.

SAML V2.0 Core, sections 5 and 6. What is agreed is in the application's terms.
"""

from collections.abc import Callable, Mapping

from lxml import etree

from idp.certificates import SigningIdentity
from idp.saml.algorithms import NoCommonAlgorithm
from idp.saml.encryption import encrypt_element
from idp.saml.redirect_signature import sign_query
from idp.saml.signing import sign
from idp.saml.vocabulary import SAML
from relying_parties.application import Application
from relying_parties.saml_terms import Encryption, SamlTerms, SignatureAlgorithm

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

    def protect(self, application: Application, response: etree._Element, *, encrypts_name_id: bool) -> None:
        """Sign the assertion, encrypt it, sign the response around it: each as agreed, in the tree as it stands.

        Raises:
            NoCommonAlgorithm: the assertion, or the name, cannot be encrypted as it must be.
        """
        terms = application.saml_terms
        provider = terms.service_provider
        assertion = response.find(f"{SAML}Assertion")
        assert assertion is not None  # noqa: S101 - it has just been made
        encrypts = terms.encryption is not Encryption.NEVER and bool(provider.encryption_keys)
        signs_assertion = terms.signs.assertion or provider.want_assertions_signed
        if encrypts_name_id:
            name_id = assertion.find(f"{SAML}Subject/{SAML}NameID")
            assert name_id is not None  # noqa: S101
            encrypt(name_id, terms)
        if encrypts:
            if signs_assertion:
                self.sign(application, assertion)
            encrypt(assertion, terms)
            signs_assertion = False
        signed = [*([response] if terms.signs.response else []), *([assertion] if signs_assertion else [])]
        if signed:
            self.sign(application, *signed)

    def _signer(self, application: Application) -> tuple[SigningIdentity, SignatureAlgorithm]:
        algorithm = application.saml_terms.signature_algorithm
        return self._signing_keys(application.saml_signing_kid, algorithm), algorithm


def encrypt(element: etree._Element, terms: SamlTerms) -> None:
    """Put in its place what only the service provider can read: by the first of its keys that we have algorithms for.

    Raises:
        NoCommonAlgorithm: there is none; the element is as it was.
    """
    parent = element.getparent()
    assert parent is not None  # noqa: S101 - part of a message
    for key in terms.service_provider.encryption_keys:
        try:
            encrypted = encrypt_element(element, key, terms.weak_algorithms)
        except NoCommonAlgorithm:
            continue
        parent.replace(element, encrypted)
        return
    raise NoCommonAlgorithm
