"""Prevents: a key that the message itself brings, and text that is read otherwise than it was signed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from config.xml import XmlRefused, read_xml
from idp.saml.xmlsec.verification import SignatureFault, SignatureRefused, verify_signature
from tests.attacks.xml_signatures.signatures import (
    ASSERTED,
    ATTACKER,
    HONEST,
    RESPONSE,
    XMLDSIG,
    accepts,
    covered,
    received,
    refusal,
)
from tests.builders.xml import ASSERTION, DS, signed


def test_the_key_in_a_signature_is_ignored():
    assert refusal(signed(ASSERTED, ATTACKER)) is SignatureFault.WRONG


def test_a_trusted_certificate_in_the_attackers_key_info_is_ignored():
    document = signed(ASSERTED, ATTACKER).replace(ATTACKER.certificate.encode(), HONEST.certificate.encode())
    assert refusal(document) is SignatureFault.WRONG


@pytest.mark.parametrize(
    "key_info",
    [
        '<ds:RetrievalMethod URI="http://127.0.0.1:9/key"/>',
        '<ds:RetrievalMethod URI="#_assertion"><ds:Transforms><ds:Transform Algorithm='
        '"http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms></ds:RetrievalMethod>',
        "<ds:KeyName>../../etc/passwd</ds:KeyName>",
        "<ds:X509Data><ds:X509Certificate>AAAA</ds:X509Certificate></ds:X509Data>",
        "",
    ],
)
def test_key_info_is_ignored(key_info):
    root = etree.fromstring(signed(ASSERTED))
    old = root.find(f".//{DS}KeyInfo")
    old.getparent().replace(old, etree.fromstring(f'<ds:KeyInfo xmlns:ds="{XMLDSIG}">{key_info}</ds:KeyInfo>'))
    root = received(root)
    assert accepts(root, root)
    assert not accepts(root, root, ATTACKER.certificate)


def test_key_info_is_optional():
    """Core, section 5.4.5."""
    root = etree.fromstring(signed(ASSERTED))
    key_info = root.find(f".//{DS}KeyInfo")
    key_info.getparent().remove(key_info)
    root = received(root)
    assert accepts(root, root)


@pytest.mark.parametrize(
    "inserted", [b"<!---->", b"<!-- a -->", b"<![CDATA[]]>"], ids=["comment", "long-comment", "cdata"]
)
def test_a_comment_inserted_after_signing_does_not_split_a_text(inserted):
    """CVE-2017-11427 and others: canonical XML has no comments, and a reader that stops at one reads less."""
    document = signed(ASSERTED)
    assert document.count(b"<saml:NameID>jeanne<") == 1
    root = read_xml(document.replace(b"<saml:NameID>jeanne<", b"<saml:NameID>jea" + inserted + b"nne<"))
    assert accepts(root, root)
    name_id = root.find(f".//{ASSERTION}NameID")
    assert (name_id.text, len(name_id)) == ("jeanne", 0)


def test_a_processing_instruction_in_the_message_is_refused():
    """Canonical XML keeps it, so it was signed; a reader could stop at it."""
    with pytest.raises(XmlRefused):
        read_xml(signed(ASSERTED).replace(b">jeanne<", b">jea<?x y?>nne<"))


def test_a_tree_with_comments_is_refused():
    """Such a tree was not read by config/xml.py."""
    root = etree.fromstring(signed(ASSERTED).replace(b">jeanne<", b">jea<!---->nne<"))
    assert refusal(root) is SignatureFault.MALFORMED


@given(st.binary(max_size=200), st.integers(min_value=0))
def test_no_damage_to_a_signed_document_causes_an_error(damage, where):
    document = signed(RESPONSE)
    at = where % len(document)
    try:
        root = read_xml(document[:at] + damage + document[at + len(damage) :])
        verify_signature(root, root, [HONEST.certificate])
    except (XmlRefused, SignatureRefused):
        return
    assert covered(root) == covered(etree.fromstring(document))
