"""What goes to an application is signed and encrypted as agreed, whatever it says (idp/saml/sign_encrypt.py)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from config.xml import read_xml
from idp.saml.vocabulary import SAML
from idp.saml.xmlsec.algorithms import NoCommonAlgorithm
from idp.saml.xmlsec.canonical import canonical
from idp.saml.xmlsec.encryption import decrypt_element
from idp.saml.xmlsec.verification import SIGNATURE, verify_signature
from relying_parties.registration.saml_sp import Encryption, SignedParts
from relying_parties.sp_metadata.service_provider import EncryptionKey
from tests.builders.responses import (
    OURS,
    PROTECTION,
    TEMPLATES,
    THEIRS,
    TREE,
    VALUES,
    an_application,
    attributes,
    values,
)
from tests.builders.xml import an_identity


def opened(response: etree._Element) -> etree._Element:
    """The response with its encrypted elements decrypted, as the recipient sees it."""
    for name in ("EncryptedAssertion", "EncryptedID"):
        for encrypted in list(response.iter(f"{SAML}{name}")):
            encrypted.getparent().replace(encrypted, decrypt_element(encrypted, [THEIRS]))
    return response


@given(
    values.map(lambda said: said._replace(response_id="_r", assertion_id="_a")),
    attributes,
    st.sampled_from(SignedParts),
    st.sampled_from(Encryption),
    st.booleans(),
    st.booleans(),
)
def test_the_registered_parts_are_signed_and_encrypted_and_the_content_is_unchanged(
    said, released, signed_parts, encryption, wants_signed, encrypts_name_id
):
    unsigned = TEMPLATES.response(said, released)
    key = EncryptionKey(certificate=THEIRS.certificate)
    agreed = an_application(key, signed_parts=signed_parts, encryption=encryption, wants_signed=wants_signed)
    octets = PROTECTION.protect(agreed, unsigned, encrypts_name_id=encrypts_name_id)

    response = read_xml(octets)
    assert canonical(response) == octets  # so that what is signed is what is sent
    assert (response.find(SIGNATURE) is not None) is signed_parts.response
    if signed_parts.response:
        verify_signature(response, response, [OURS.certificate])
    assert (response.find(f"{SAML}EncryptedAssertion") is not None) is (encryption is not Encryption.NEVER)
    for encrypted in response.findall(f"{SAML}EncryptedAssertion"):
        response.replace(encrypted, decrypt_element(encrypted, [THEIRS]))
    assertion = response.find(f"{SAML}Assertion")
    assert (assertion.find(SIGNATURE) is not None) is (signed_parts.assertion or wants_signed)
    if signed_parts.assertion or wants_signed:
        verify_signature(response, assertion, [OURS.certificate])
    assert (assertion.find(f"{SAML}Subject/{SAML}EncryptedID") is not None) is encrypts_name_id

    for element in (response, assertion):
        for signature in element.findall(SIGNATURE):
            element.remove(signature)
    assert canonical(opened(response)) == unsigned.text.encode()


@given(
    values.map(lambda said: said._replace(response_id="_r", assertion_id="_a")),
    attributes,
    st.sampled_from(SignedParts),
)
def test_the_signed_text_is_octet_for_octet_the_tree_signed_as_a_tree(said, released, signed_parts):
    """The reference: pysaml2's tree, signed element by element and canonicalized by libxml2."""
    tree = TREE(said, released)
    assertion = tree.find(f"{SAML}Assertion")
    PROTECTION.sign(an_application(), *([assertion] * signed_parts.assertion + [tree] * signed_parts.response))
    agreed = an_application(signed_parts=signed_parts)
    octets = PROTECTION.protect(agreed, TEMPLATES.response(said, released), encrypts_name_id=False)
    assert octets == canonical(tree)


def test_the_name_id_is_encrypted_before_the_assertion_is_signed():
    """Otherwise the recipient could not verify the signature before or after decrypting the NameID."""
    agreed = an_application(EncryptionKey(certificate=THEIRS.certificate), encryption=Encryption.NEVER)
    octets = PROTECTION.protect(agreed, TEMPLATES.response(VALUES, []), encrypts_name_id=True)
    assert b"n-1" not in octets
    response = read_xml(octets)
    verify_signature(response, response.find(f"{SAML}Assertion"), [OURS.certificate])


@pytest.mark.parametrize("encrypts_name_id", [True, False])
def test_without_a_usable_encryption_key_no_response_is_made(encrypts_name_id):
    agreed = an_application(EncryptionKey(certificate=an_identity("sp.example", key_type="ec").certificate))
    with pytest.raises(NoCommonAlgorithm):
        PROTECTION.protect(agreed, TEMPLATES.response(VALUES, []), encrypts_name_id=encrypts_name_id)
