"""SAML answers are signed and encrypted as the metadata and the registration say."""

from base64 import b64decode

import pytest
from lxml import etree

from relying_parties.registration.saml_sp import Encryption, SignatureAlgorithm, SignedParts
from relying_parties.sp_metadata.service_provider import EncryptionMethod
from tests.builders.saml import encryption_key
from tests.fixtures.saml import registers
from tests.journeys.saml_options import GIVEN_NAME


@pytest.mark.parametrize("signed_parts", SignedParts)
@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_the_registered_parts_are_signed_with_the_registered_algorithm(browser, jeanne, idp, signed_parts, algorithm):
    messagerie = registers(idp, signed_parts=signed_parts, signature_algorithm=algorithm)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    root = etree.fromstring(signed_on.xml)
    methods = {method.get("Algorithm") for method in root.iter("{http://www.w3.org/2000/09/xmldsig#}SignatureMethod")}
    assert methods == {f"http://www.w3.org/2001/04/xmldsig-more#{algorithm}"}


def test_want_assertions_signed_in_the_metadata_overrides_the_registration(browser, jeanne, idp):
    """Metadata 2.4.4."""
    messagerie = registers(idp, signed_parts=SignedParts.RESPONSE, want_assertions_signed=True)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    assert signed_on.find("saml:Assertion/ds:Signature") is not None


@pytest.mark.parametrize("signed_parts", SignedParts)
def test_an_assertion_is_encrypted_if_the_metadata_have_a_key(browser, jeanne, idp, signed_parts):
    messagerie = registers(idp, signed_parts=signed_parts, encryption_keys=(encryption_key(),))
    page = browser.logs_in(jeanne, to=messagerie)
    encoded, _ = messagerie.brought(page)
    assert "Jeanne" not in etree.tostring(etree.fromstring(b64decode(encoded))).decode()
    assert messagerie.signs_on(page).attributes[GIVEN_NAME] == ["Jeanne"]


def test_the_ciphers_are_those_of_the_metadata(browser, jeanne, idp):
    """Metadata 2.4.1.1, EncryptionMethod."""
    reads = EncryptionMethod(algorithm="http://www.w3.org/2009/xmlenc11#aes128-gcm")
    messagerie = registers(idp, encryption_keys=(encryption_key(methods=(reads,)),))
    page = browser.logs_in(jeanne, to=messagerie)
    encoded, _ = messagerie.brought(page)
    method = etree.fromstring(b64decode(encoded)).find(".//{http://www.w3.org/2001/04/xmlenc#}EncryptionMethod")
    assert method is not None
    assert method.get("Algorithm") == reads.algorithm
    assert messagerie.signs_on(page)


def test_the_registration_may_disable_encryption(browser, jeanne, idp):
    messagerie = registers(idp, encryption=Encryption.NEVER, encryption_keys=(encryption_key(),))
    messagerie.wants_assertions_encrypted = False
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))


def test_only_the_name_id_may_be_encrypted(browser, jeanne, idp):
    """Core 2.2.4."""
    messagerie = registers(idp, encryption=Encryption.NEVER, encrypt_name_id=True, encryption_keys=(encryption_key(),))
    messagerie.wants_assertions_encrypted = False
    page = browser.logs_in(jeanne, to=messagerie)
    encoded, _ = messagerie.brought(page)
    assert b"EncryptedID" in b64decode(encoded)
    assert messagerie.signs_on(page).name_id


@pytest.mark.parametrize(
    "agreed",
    [
        {"encryption": Encryption.REQUIRED},
        {"encryption": Encryption.NEVER, "encrypt_name_id": True},
        {"encryption_keys": (encryption_key(methods=(EncryptionMethod(algorithm="urn:unknown"),)),)},
        {"encryption": Encryption.REQUIRED, "encryption_keys": (encryption_key("elliptic", kind="ec"),)},
    ],
    ids=["no key", "no key for the name", "no cipher in common", "no key that encrypts"],
)
def test_an_assertion_that_cannot_be_encrypted_is_not_sent(browser, jeanne, idp, agreed):
    """pysaml2 sends it in clear, unsigned."""
    messagerie = registers(idp, **agreed)
    before = len(idp.trail())
    refused = messagerie.is_refused(browser.logs_in(jeanne, to=messagerie))
    assert (refused.top, refused.second) == ("Responder", None)
    assert "sign-in.answered" not in idp.trail()[before:]
