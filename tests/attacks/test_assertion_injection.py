"""Prevents: words that come from a person, a request or metadata becoming elements of what we sign."""

import pytest
from lxml import etree

from config.xml import read_xml
from idp.attribute_release import SamlAttribute
from idp.saml.vocabulary import SAML
from idp.saml.xmlsec.signing import verify_signature
from tests.builders.responses import OURS, PATTERNS, PROTECTION, WORDS, an_application

WORDS_OF_AN_ATTACKER = [
    "Dupont</saml:AttributeValue><saml:AttributeValue>administrateur",
    "</saml:Assertion><saml:Assertion>",
    'x" Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
    "x' onload='y",
    "<!-- -->",
    "<![CDATA[</saml:NameID>]]>",
    "]]>",
    "&lt;&#60;&amp;lt;",
    "<?cut?>",
    "line\r\nbreak\ttab",
    "\u2028\x85",
]


@pytest.mark.parametrize("said", WORDS_OF_AN_ATTACKER)
def test_words_stay_words(said):
    """In each place where words go, of content and of attributes."""
    words = WORDS._replace(
        name_id=said, name_qualifier=said, sp_name_qualifier=said, session_index=said, service_provider=said,
        consumer_url=said, in_response_to=said, class_ref=said,
    )  # fmt: skip
    attribute = SamlAttribute(name=f"urn:{said}", friendly_name=said, values=(said, "Marie"))
    octets = PROTECTION.protect(an_application(), PATTERNS.response(words, [attribute]), encrypts_name_id=False)
    usual = PATTERNS.response(WORDS, [SamlAttribute(name="urn:a", friendly_name="a", values=("Jeanne", "Marie"))])
    unsigned = etree.fromstring(usual.text)

    response = read_xml(octets)
    assertion = response.find(f"{SAML}Assertion")
    for element in (response, assertion):
        verify_signature(response, element, [OURS.certificate])
    for element in (response, assertion):
        element.remove(element[1])
    assert [each.tag for each in response.iter()] == [each.tag for each in unsigned.iter()]
    assert [sorted(each.attrib) for each in response.iter()] == [sorted(each.attrib) for each in unsigned.iter()]
    assert [value.text for value in response.iter(f"{SAML}AttributeValue")] == [said, "Marie"]
    name_id = response.find(f".//{SAML}NameID")
    assert (name_id.text, name_id.get("NameQualifier"), name_id.get("SPNameQualifier")) == (said, said, said)
    assert (response.get("Destination"), response.get("InResponseTo")) == (said, said)


@pytest.mark.parametrize("said", ["\x00", "a\x08b", "\x1b[2J", "\ud800", "\ufffe"])
def test_what_xml_cannot_hold_is_not_signed(said):
    """Some readers stop there, and would read less than was signed."""
    with pytest.raises(ValueError, match="XML cannot hold"):
        PATTERNS.response(WORDS._replace(name_id=said), [])
    with pytest.raises(ValueError, match="XML cannot hold"):
        PATTERNS.response(WORDS._replace(in_response_to=said), [])
