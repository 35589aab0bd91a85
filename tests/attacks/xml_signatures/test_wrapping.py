"""Prevents: signature wrapping, a valid signature of one element taken for that of another.

Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (2012), has the forms XSW 1 to 8.
"""

import copy
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from config.xml import XmlRefused
from idp.saml.xmlsec.signing import ISSUER
from idp.saml.xmlsec.verification import SIGNATURE
from tests.attacks.xml_signatures.signatures import ASSERTED, RESPONSE, accepts, covered, received
from tests.builders.xml import ASSERTION, DS, PROTOCOL, SIGNED_KINDS, TEXTS, signed

Shape = Callable[[etree._Element, etree._Element], etree._Element]


def forged_from(original: etree._Element, identifier: str | None = "_forged") -> etree._Element:
    """The forged element: other content, another ID or the same, and no signature."""
    forged = copy.deepcopy(original)
    forged.remove(forged.find(SIGNATURE))
    if identifier is not None:
        forged.set("ID", identifier)
    for name in ("entityID", "AssertionConsumerServiceURL"):
        if forged.get(name):
            forged.set(name, "https://attacker.example")
    for named in forged.iter(f"{ASSERTION}NameID", f"{ASSERTION}Issuer"):
        named.text = "attacker"
    return forged


def without_signature(original: etree._Element) -> tuple[etree._Element, etree._Element]:
    bare = copy.deepcopy(original)
    signature = bare.find(SIGNATURE)
    bare.remove(signature)
    return bare, signature


def at_its_place(element: etree._Element, signature: etree._Element) -> None:
    element.insert(1 if len(element) and element[0].tag == ISSUER else 0, signature)


def original_in_an_object_of_the_signature(original, forged):  # XSW 1, XSW 8
    bare, signature = without_signature(original)
    etree.SubElement(signature, f"{DS}Object").append(bare)
    at_its_place(forged, signature)
    return forged


def original_in_the_signature_itself(original, forged):  # XSW 6
    bare, signature = without_signature(original)
    signature.append(bare)
    at_its_place(forged, signature)
    return forged


def original_in_the_key_info(original, forged):
    bare, signature = without_signature(original)
    signature.find(f"{DS}KeyInfo").append(bare)
    at_its_place(forged, signature)
    return forged


def original_beside_the_signature(original, forged):  # XSW 2, XSW 5
    bare, signature = without_signature(original)
    at_its_place(forged, signature)
    forged.append(bare)
    return forged


def original_before_the_signature(original, forged):
    bare, signature = without_signature(original)
    forged.insert(0, bare)
    forged.insert(1, signature)
    return forged


def original_whole_within(original, forged):  # XSW 4
    forged.append(copy.deepcopy(original))
    return forged


def original_whole_within_extensions(original, forged):  # XSW 7
    etree.SubElement(forged, f"{PROTOCOL}Extensions").append(copy.deepcopy(original))
    return forged


def original_whole_and_its_signature_again(original, forged):
    _, signature = without_signature(original)
    at_its_place(forged, signature)
    forged.append(copy.deepcopy(original))
    return forged


def signature_deeper(original, forged):
    bare, signature = without_signature(original)
    deeper = etree.SubElement(forged, f"{PROTOCOL}Extensions")
    deeper.append(bare)
    deeper.append(signature)
    return forged


SHAPES: list[Shape] = [
    original_in_an_object_of_the_signature, original_in_the_signature_itself, original_in_the_key_info,
    original_beside_the_signature, original_before_the_signature, original_whole_within,
    original_whole_within_extensions, original_whole_and_its_signature_again, signature_deeper,
]  # fmt: skip


@pytest.mark.parametrize("identifier", ["_forged", None], ids=["another-id", "same-id"])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("kind", SIGNED_KINDS)
def test_a_wrapped_message_is_refused_at_the_root(kind, shape, identifier):
    original = etree.fromstring(signed(kind))
    root = received(shape(original, forged_from(original, identifier)))
    assert not accepts(root, root)
    assert_only_what_was_signed_is_accepted(root, original)


def first_a_forged_one(original, forged):  # XSW 3
    return [forged, original]


def last_a_forged_one(original, forged):
    return [original, forged]


def forged_with_the_signature_and_the_bare_original(original, forged):  # XSW 5
    bare, signature = without_signature(original)
    at_its_place(forged, signature)
    return [forged, bare]


def bare_original_then_the_forged_with_its_signature(original, forged):
    return list(reversed(forged_with_the_signature_and_the_bare_original(original, forged)))


@pytest.mark.parametrize("identifier", ["_forged", None], ids=["another-id", "same-id"])
@pytest.mark.parametrize(
    "children",
    [
        first_a_forged_one, last_a_forged_one, forged_with_the_signature_and_the_bare_original,
        bare_original_then_the_forged_with_its_signature,
        *(lambda original, forged, shape=shape: [shape(original, forged)] for shape in SHAPES),
    ],
)  # fmt: skip
def test_a_wrapped_assertion_in_an_unsigned_response_is_refused(children, identifier):
    original = etree.fromstring(signed(ASSERTED))
    response = etree.fromstring(TEXTS[RESPONSE])
    response.remove(response.find(ASSERTED))
    for child in children(original, forged_from(original, identifier)):
        response.append(child)
    root = received(response)
    assert_only_what_was_signed_is_accepted(root, original)
    forged = [each for each in root.findall(ASSERTED) if each.findtext(ISSUER) == "attacker"]
    assert forged
    assert not any(accepts(root, each) for each in forged)


def assert_only_what_was_signed_is_accepted(root: etree._Element, original: etree._Element) -> None:
    for element in root.iter(original.tag):
        if accepts(root, element):
            assert covered(element) == covered(original)


@given(data=st.data())
def test_no_random_change_of_the_tree_makes_other_content_accepted(data):
    """Elements are copied, moved and renamed, and IDs exchanged, at random."""
    kind = data.draw(st.sampled_from(SIGNED_KINDS))
    original = etree.fromstring(signed(kind))
    root = copy.deepcopy(original)
    for _ in range(data.draw(st.integers(1, 6))):
        elements = list(root.iter())
        one = elements[data.draw(st.integers(0, len(elements) - 1))]
        other = elements[data.draw(st.integers(0, len(elements) - 1))]
        match data.draw(st.sampled_from(["copy", "wrap", "remove", "id", "text", "whole"])):
            case "copy":
                other.insert(data.draw(st.integers(0, 3)), copy.deepcopy(one))
            case "wrap":
                wrapping = copy.deepcopy(one)
                wrapping.append(root)
                root = wrapping
            case "remove" if one is not root:
                one.getparent().remove(one)
            case "id":
                one.set(data.draw(st.sampled_from(["ID", "Id", "id"])), original.get("ID"))
            case "text":
                one.text = "attacker"
            case "whole":
                other.append(copy.deepcopy(original))
    if len(etree.tostring(root)) > 100_000:
        return
    try:
        document = received(root)
    except XmlRefused:
        return
    assert_only_what_was_signed_is_accepted(document, original)
