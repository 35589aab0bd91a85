"""Our escaping of text equals that of libxml2's canonical form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from idp.saml.pysaml2.response.canonical_text import as_content, as_value, with_declaration, without_declaration
from idp.saml.vocabulary import ASSERTION_NAMESPACE
from idp.saml.xmlsec.canonical import canonical

# what XML 1.0 can hold (section 2.2), and often what its canonical form escapes
texts = st.text(
    st.sampled_from("&<>\"'\t\n\r]é’\U0001d11e\x7f\x85\u2028\ufffd")
    | st.characters(exclude_categories=("Cs",), exclude_characters="\ufffe\uffff", min_codepoint=32)
)


@given(texts)
def test_text_is_escaped_as_in_the_canonical_form(said):
    element = etree.Element("a", b=said)
    element.text = said
    assert f'<a b="{as_value(said)}">{as_content(said)}</a>'.encode() == canonical(element)


@given(st.characters())
def test_text_that_libxml2_refuses_is_refused(character):
    element = etree.Element("a")
    try:
        element.text = character
    except ValueError:
        for writes in (as_content, as_value):
            with pytest.raises(ValueError, match="XML does not allow"):
                writes(f"before {character}")
    else:
        as_content(character)
        as_value(character)


@pytest.mark.parametrize(
    "text", ["<saml:NameID>n</saml:NameID>", '<saml:NameID Format="f">n</saml:NameID>', "<saml:NameID/>"]
)
def test_a_separated_element_declares_its_prefix(text):
    root = etree.fromstring(f'<saml:Subject xmlns:saml="{ASSERTION_NAMESPACE}">{text}</saml:Subject>')
    assert canonical(etree.fromstring(with_declaration(text))) == canonical(root[0])
    assert without_declaration(with_declaration(text)) == text
