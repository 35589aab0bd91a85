"""Prevents: XML signatures that cover another element than the one that is read, or nothing.

What must hold of every document, whoever made it: an element that is accepted
says, octet for octet once canonical, what the key's holder signed.
"""

import copy
from base64 import b64encode
from collections.abc import Callable
from hmac import digest as hmac

import pytest
import xmlsec
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from config.xml import XmlRefused, read_xml
from idp.keys.certificates import as_pem
from idp.saml.xmlsec.algorithms import ACCEPTED, BY_URI, accepted
from idp.saml.xmlsec.signing import ISSUER
from idp.saml.xmlsec.verification import SIGNATURE, SignatureFault, SignatureRefused, verify_signature
from relying_parties.registration.saml_sp import WeakAlgorithm
from tests.builders.xml import ASSERTION, DS, PROTOCOL, SIGNED_KINDS, TEXTS, an_identity, signed

ASSERTED, RESPONSE = f"{ASSERTION}Assertion", f"{PROTOCOL}Response"
HONEST, ATTACKER = an_identity("sp.example"), an_identity("attacker.example")
XMLDSIG, MORE = DS[1:-1], "http://www.w3.org/2001/04/xmldsig-more#"

Shape = Callable[[etree._Element, etree._Element], etree._Element]


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)


def covered(element: etree._Element) -> bytes:
    """The signed content: all of the element except the signature, whose KeyInfo anyone may change."""
    bare = copy.deepcopy(element)
    for signature in bare.findall(SIGNATURE):
        before = signature.getprevious()
        if before is None:
            bare.text = (bare.text or "") + (signature.tail or "")
        else:
            before.tail = (before.tail or "") + (signature.tail or "")
        bare.remove(signature)
    return canonical(bare)


def accepts(root: etree._Element, element: etree._Element, certificate: str = HONEST.certificate) -> bool:
    try:
        verify_signature(root, element, [certificate])
    except SignatureRefused:
        return False
    return True


def refusal(document: bytes | etree._Element, **named) -> SignatureFault:
    root = document if isinstance(document, etree._Element) else read_xml(document)
    with pytest.raises(SignatureRefused) as refused:
        verify_signature(root, root, [HONEST.certificate], **named)
    return refused.value.reason


def received(root: etree._Element) -> etree._Element:
    """The element as received."""
    return read_xml(etree.tostring(root))


# -- wrapping: Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (2012), XSW 1 to 8


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


# -- stripping


@pytest.mark.parametrize("kind", SIGNED_KINDS)
def test_a_message_whose_signature_was_removed_is_refused(kind):
    assert refusal(TEXTS[kind].encode()) is SignatureFault.MISSING


@pytest.mark.parametrize("emptied", ["SignatureValue", "DigestValue"])
def test_an_empty_signature_is_refused(emptied):
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}{emptied}").text = ""
    assert refusal(received(root)) is SignatureFault.WRONG


@pytest.mark.parametrize(
    "name",
    ["SignedInfo", "SignatureValue", "CanonicalizationMethod", "SignatureMethod", "Reference", "Transforms",
     "DigestMethod", "DigestValue"],
)  # fmt: skip
def test_an_incomplete_signature_is_refused(name):
    root = etree.fromstring(signed(ASSERTED))
    part = root.find(f".//{DS}{name}")
    part.getparent().remove(part)
    assert refusal(received(root)) is SignatureFault.MALFORMED


def test_a_signature_in_another_namespace_counts_as_missing():
    document = signed(ASSERTED).replace(XMLDSIG.encode(), b"http://www.w3.org/2000/09/xmldsig")
    assert refusal(document) is SignatureFault.MISSING


# -- algorithms

WEAK = [
    f"{XMLDSIG}rsa-sha1", f"{XMLDSIG}dsa-sha1", f"{XMLDSIG}hmac-sha1", f"{MORE}hmac-sha256", f"{MORE}hmac-md5",
    f"{MORE}rsa-md5", f"{MORE}rsa-ripemd160", f"{MORE}ecdsa-sha1", "none", "", f"{MORE}rsa-sha256 ",
]  # fmt: skip


@pytest.mark.parametrize("method", WEAK)
def test_a_weak_or_unknown_signature_algorithm_is_refused_before_anything_is_computed(method):
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}SignatureMethod").set("Algorithm", method)
    assert refusal(received(root)) is SignatureFault.ALGORITHM


@pytest.mark.parametrize("method", [f"{XMLDSIG}sha1", f"{MORE}md5", f"{MORE}sha224", "", f"{XMLDSIG}base64"])
def test_a_weak_or_unknown_digest_is_refused(method):
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}DigestMethod").set("Algorithm", method)
    assert refusal(received(root)) is SignatureFault.ALGORITHM


@pytest.mark.parametrize("secret", ["pem", "der", "certificate"])
def test_an_hmac_with_the_public_key_as_secret_is_refused(secret):
    """A known attack on JOSE libraries."""
    pem = as_pem(HONEST.certificate).encode()
    octets = {"pem": pem, "der": HONEST.certificate.encode(), "certificate": pem.strip()}[secret]
    root = etree.fromstring(signed(ASSERTED))
    root.find(f".//{DS}SignatureMethod").set("Algorithm", f"{MORE}hmac-sha256")
    value = hmac(octets, canonical(root.find(f".//{DS}SignedInfo")), "sha256")
    root.find(f".//{DS}SignatureValue").text = b64encode(value).decode()
    assert refusal(received(root)) is SignatureFault.ALGORITHM


def test_an_exception_permits_only_its_algorithm():
    every = accepted(tuple(WeakAlgorithm))
    assert every.signatures - ACCEPTED.signatures == {f"{XMLDSIG}rsa-sha1"}
    assert every.digests - ACCEPTED.digests == {f"{XMLDSIG}sha1"}
    assert every.signatures <= set(BY_URI)
    assert not any(word in uri for uri in BY_URI for word in ("hmac", "md5", "dsa-sha1", "ripemd"))


def test_an_rsa_signature_is_not_verified_with_an_elliptic_key_nor_the_reverse():
    root = read_xml(signed(ASSERTED))
    with pytest.raises(SignatureRefused) as refused:
        verify_signature(root, root, [an_identity(key_type="ec").certificate])
    assert refused.value.reason is SignatureFault.NO_KEY


# -- what is signed: each of these is a valid signature, made with the very key


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


# -- keys


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


# -- what is read


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
