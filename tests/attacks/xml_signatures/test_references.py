"""Prevents: signatures that are valid, and cover less than the element that is read.

Each is made with the right key.
"""

import copy
from collections.abc import Callable

import pytest
import xmlsec
from lxml import etree

from idp.saml.xmlsec.verification import SIGNATURE, SignatureFault, SignatureRefused, verify_signature
from tests.attacks.xml_signatures.signatures import ASSERTED, HONEST, RESPONSE, XMLDSIG, accepts, received, refusal
from tests.builders.xml import ASSERTION, DS, PROTOCOL, SIGNED_KINDS, TEXTS, signed


def resigned(change: Callable[[etree._Element, etree._Element], None], identity=HONEST) -> etree._Element:
    """An assertion whose signature was changed in form before signing, so that only its form is wrong."""
    root = etree.fromstring(signed(ASSERTED, identity))
    signature = root.find(SIGNATURE)
    change(root, signature)
    for element in signature.iter(f"{DS}SignatureValue", f"{DS}DigestValue"):
        element.text = None
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(identity.private_key, xmlsec.constants.KeyDataFormatPem)
    xmlsec.tree.add_ids(root, ["ID", "Id"])
    context.sign(signature)
    return received(root)


def reference_of(signature: etree._Element) -> etree._Element:
    return signature.find(f"{DS}SignedInfo/{DS}Reference")


def test_the_builder_of_these_tests_makes_valid_signatures():
    root = resigned(lambda _root, _signature: None)
    assert accepts(root, root)


def test_two_references_are_refused():
    def change(_root, signature):
        reference = reference_of(signature)
        reference.addnext(copy.deepcopy(reference))

    assert refusal(resigned(change)) is SignatureFault.MALFORMED


def test_a_reference_to_another_element_is_refused():
    def change(root, signature):
        root.find(f"{ASSERTION}Subject").set("ID", "_subject")
        reference_of(signature).set("URI", "#_subject")

    assert refusal(resigned(change)) is SignatureFault.REFERENCE


@pytest.mark.parametrize("uri", ["", "#xpointer(/)", "#xpointer(id('_assertion'))"])
def test_a_reference_that_is_not_an_id_is_refused(uri):
    """Core, section 5.4.2: the URI must refer to the ID; "" does not."""
    assert refusal(resigned(lambda _, signature: reference_of(signature).set("URI", uri))) is SignatureFault.REFERENCE


def test_a_reference_without_uri_is_refused():
    root = etree.fromstring(signed(ASSERTED))
    del reference_of(root.find(SIGNATURE)).attrib["URI"]
    assert refusal(received(root)) is SignatureFault.REFERENCE


@pytest.mark.parametrize("uri", ["http://127.0.0.1:9/", "file:///etc/passwd", "cid:x"])
def test_an_external_reference_is_not_followed(uri):
    root = etree.fromstring(signed(ASSERTED))
    reference_of(root.find(SIGNATURE)).set("URI", uri)
    assert refusal(received(root)) is SignatureFault.REFERENCE


def transform(signature: etree._Element, uri: str, content: str = "") -> None:
    transforms = reference_of(signature).find(f"{DS}Transforms")
    added = etree.SubElement(transforms, f"{DS}Transform", {"Algorithm": uri})
    if content:
        added.append(etree.fromstring(content))


XPATH = f'<ds:XPath xmlns:ds="{XMLDSIG}">not(ancestor-or-self::*[local-name()="Subject"])</ds:XPath>'
XSLT = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>'


@pytest.mark.parametrize(
    ("uri", "content"),
    [
        ("http://www.w3.org/TR/1999/REC-xpath-19991116", XPATH),
        ("http://www.w3.org/TR/1999/REC-xslt-19991116", XSLT),
        ("http://www.w3.org/2002/06/xmldsig-filter2", ""),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", ""),
        (f"{XMLDSIG}enveloped-signature", ""),
        (f"{XMLDSIG}base64", ""),
    ],
)
def test_a_further_transform_is_refused(uri, content):
    """Core, section 5.4.4: a transform may remove content that will be read."""
    root = etree.fromstring(signed(ASSERTED))
    transform(root.find(SIGNATURE), uri, content)
    assert refusal(received(root)) is SignatureFault.TRANSFORMS


def test_a_transform_that_removes_content_is_refused_although_its_signature_is_valid():
    def change(_root, signature):
        transform(signature, "http://www.w3.org/TR/1999/REC-xpath-19991116", XPATH)

    assert refusal(resigned(change)) is SignatureFault.TRANSFORMS


@pytest.mark.parametrize(
    ("which", "reason"), [(0, SignatureFault.TRANSFORMS), (1, SignatureFault.WRONG)], ids=["enveloped", "exclusive"]
)
def test_a_removed_transform_is_refused(which, reason):
    """Signers may omit the second one (test_inclusive_signatures.py), but it cannot be removed afterwards."""
    root = etree.fromstring(signed(ASSERTED))
    transforms = reference_of(root.find(SIGNATURE)).find(f"{DS}Transforms")
    transforms.remove(transforms[which])
    assert refusal(received(root)) is reason


def test_a_reference_without_transforms_is_refused():
    root = etree.fromstring(signed(ASSERTED))
    del reference_of(root.find(SIGNATURE)).find(f"{DS}Transforms")[:]
    assert refusal(received(root)) is SignatureFault.TRANSFORMS


@pytest.mark.parametrize("which", [0, 1])
def test_two_transforms_of_the_same_kind_are_refused(which):
    root = etree.fromstring(signed(ASSERTED))
    transforms = root.findall(f".//{DS}Transform")
    transforms[which].set("Algorithm", transforms[1 - which].get("Algorithm"))
    assert refusal(received(root)) is SignatureFault.TRANSFORMS


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("CanonicalizationMethod", SignatureFault.TRANSFORMS), ("Transform", SignatureFault.TRANSFORMS),
        ("SignatureMethod", SignatureFault.ALGORITHM), ("DigestMethod", SignatureFault.ALGORITHM),
    ],
)  # fmt: skip
def test_a_parameter_of_an_algorithm_is_refused(where, reason):
    """For example HMACOutputLength (CVE-2009-0217)."""
    for number in (0, -1):
        root = etree.fromstring(signed(ASSERTED))
        etree.SubElement(root.findall(f".//{DS}{where}")[number], f"{DS}HMACOutputLength").text = "1"
        assert refusal(received(root)) is reason


def test_an_unknown_attribute_of_a_reference_is_refused():
    root = etree.fromstring(signed(ASSERTED))
    reference_of(root.find(SIGNATURE)).set("Mode", "#x")
    assert refusal(received(root)) is SignatureFault.REFERENCE


@pytest.mark.parametrize("where", ["CanonicalizationMethod", "Transform"])
@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("http://www.w3.org/2006/12/xml-c14n11", SignatureFault.TRANSFORMS),
        ("http://santuario.apache.org/c14n/physical", SignatureFault.TRANSFORMS),
        ("", SignatureFault.TRANSFORMS),
        ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", SignatureFault.WRONG),  # it was signed by the other
    ],
)
def test_a_canonicalization_of_another_kind_is_refused(where, uri, reason):
    root = etree.fromstring(signed(ASSERTED))
    root.findall(f".//{DS}{where}")[-1].set("Algorithm", uri)
    assert refusal(received(root)) is reason


def test_inclusive_namespaces_prefixes_are_accepted():
    """OpenSAML writes InclusiveNamespaces, which extends the signed content."""

    def change(_root, signature):
        exclusive = signature.findall(f".//{DS}Transform")[1]
        tag = "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces"
        etree.SubElement(exclusive, tag, {"PrefixList": "saml md"})

    root = resigned(change)
    assert accepts(root, root)


def test_an_object_is_refused():
    def change(_root, signature):
        etree.SubElement(signature, f"{DS}Object").text = "what is this for?"

    assert refusal(resigned(change)) is SignatureFault.MALFORMED


def test_a_manifest_is_refused():
    def change(_root, signature):
        reference = copy.deepcopy(reference_of(signature))
        etree.SubElement(etree.SubElement(signature, f"{DS}Object"), f"{DS}Manifest").append(reference)

    root = etree.fromstring(signed(ASSERTED))
    change(root, root.find(SIGNATURE))
    assert refusal(received(root)) is SignatureFault.MALFORMED


@pytest.mark.parametrize("attribute", ["ID", "Id", "id", "AssertionID", "{http://www.w3.org/XML/1998/namespace}id"])
def test_a_duplicate_id_in_any_attribute_is_refused(attribute):
    response = etree.fromstring(TEXTS[RESPONSE])
    response.replace(response.find(ASSERTED), etree.fromstring(signed(ASSERTED)))
    response.find(f"{PROTOCOL}Status").set(attribute, "_assertion")
    root = received(response)
    with pytest.raises(SignatureRefused) as refused:
        verify_signature(root, root.find(ASSERTED), [HONEST.certificate])
    assert refused.value.reason is SignatureFault.DUPLICATE_ID


def test_an_element_without_an_id_is_refused():
    root = etree.fromstring(signed(ASSERTED))
    del root.attrib["ID"]
    assert refusal(received(root)) is SignatureFault.REFERENCE


def test_two_signatures_of_one_element_are_refused():
    root = etree.fromstring(signed(ASSERTED))
    root.insert(1, copy.deepcopy(root.find(SIGNATURE)))
    assert refusal(received(root)) is SignatureFault.SEVERAL


@pytest.mark.parametrize("kind", SIGNED_KINDS)
def test_a_misplaced_signature_is_refused(kind):
    root = etree.fromstring(signed(kind))
    root.append(root.find(SIGNATURE))
    assert refusal(received(root)) is SignatureFault.MISPLACED
