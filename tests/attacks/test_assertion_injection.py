"""Prevents: text of a person, a request or metadata that becomes markup in a signed assertion."""

import pytest
from lxml import etree

from config.xml import read_xml
from idp.attribute_release import SamlAttribute
from idp.saml.vocabulary import SAML
from idp.saml.xmlsec.verification import verify_signature
from tests.builders.responses import OURS, PROTECTION, TEMPLATES, VALUES, an_application

TEXTS_OF_AN_ATTACKER = [
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
    '" xml:lang="fr" xml:space="preserve',
    '" ID="_a" xmlns:saml="urn:other',
    "\r",
    " \t\n\r\n leading and trailing \r",
    "&#13;&#xD;&#10;",
    "e\u0301\u00e9\u1e9b\u0323",
    "\U0001d11e\ud7ff\ue000\ufffd\U0010ffff",
    "\x7f\x80\x9f\ufeff",
    "place-0123456789abcdef0123456789abcdef-0-",
    "</saml:Issuer><ds:Signature xmlns:ds='http://www.w3.org/2000/09/xmldsig#'/>",
    "\\1\\g<0>%s{0}$x",
]


@pytest.mark.parametrize("said", TEXTS_OF_AN_ATTACKER)
def test_markup_in_a_text_is_escaped(said):
    """In element content and in attributes."""
    values = VALUES._replace(
        name_id=said, name_qualifier=said, sp_name_qualifier=said, session_index=said, service_provider=said,
        consumer_url=said, in_response_to=said, class_ref=said,
    )  # fmt: skip
    attribute = SamlAttribute(name=f"urn:{said}", friendly_name=said, values=(said, "Marie"))
    octets = PROTECTION.protect(an_application(), TEMPLATES.response(values, [attribute]), encrypts_name_id=False)
    usual = TEMPLATES.response(VALUES, [SamlAttribute(name="urn:a", friendly_name="a", values=("Jeanne", "Marie"))])
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
def test_characters_that_xml_does_not_allow_are_not_signed(said):
    """Some readers stop at them, and would read less than was signed."""
    with pytest.raises(ValueError, match="XML does not allow"):
        TEMPLATES.response(VALUES._replace(name_id=said), [])
    with pytest.raises(ValueError, match="XML does not allow"):
        TEMPLATES.response(VALUES._replace(in_response_to=said), [])
