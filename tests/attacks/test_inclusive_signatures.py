"""Signatures by inclusive canonicalization, as .NET makes them, and by the enveloped transform alone.

SAML V2.0 Core, section 5.4.3, makes the exclusive one a SHOULD. What must hold: they are accepted wherever a message
stands, a change of what they cover is refused, and so is a message taken out of the surroundings that it was signed in.
"""

import pytest
import xmlsec
from lxml import etree

from config.xml import read_message
from idp.saml.xmlsec.verification import SignatureFault, SignatureRefused, verify_signature
from tests.builders.xml import PROTOCOL, TEXTS, an_identity

REQUEST = f"{PROTOCOL}AuthnRequest"
SP = an_identity("sp.example")
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
EXCLUSIVE, INCLUSIVE = xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformInclC14N
INCLUSIVE_WITH_COMMENTS = xmlsec.constants.TransformInclC14NWithComments

# of SignedInfo, and of the message: None leaves the transform away
WAYS = [
    (INCLUSIVE, INCLUSIVE),
    (INCLUSIVE, None),
    (INCLUSIVE, EXCLUSIVE),
    (EXCLUSIVE, INCLUSIVE),
    (EXCLUSIVE, None),
    (INCLUSIVE_WITH_COMMENTS, INCLUSIVE_WITH_COMMENTS),
]
AROUND = {
    "by itself": "{}",
    "in an envelope": f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{{}}</soap:Body></soap:Envelope>',
    "in one with namespaces and a language": (
        f'<soap:Envelope xmlns:soap="{SOAP}" xmlns="urn:x" xmlns:wsu="urn:wsu" xml:lang="fr">'
        '<soap:Body xmlns:other="urn:other" xml:space="preserve">{}</soap:Body></soap:Envelope>'
    ),
}


def signed(way: tuple[object, object], around: str) -> bytes:
    """A message signed in its document by python-xmlsec, as in its documentation."""
    root = etree.fromstring(around.format(TEXTS[REQUEST]))
    message = next(root.iter(REQUEST))
    signature = xmlsec.template.create(message, way[0], xmlsec.constants.TransformRsaSha256, ns="ds")
    message.insert(1, signature)
    reference = xmlsec.template.add_reference(signature, xmlsec.constants.TransformSha256, uri="#_request")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    if way[1] is not None:
        xmlsec.template.add_transform(reference, way[1])
    context = xmlsec.SignatureContext()
    context.register_id(message, "ID")
    context.key = xmlsec.Key.from_memory(SP.private_key, xmlsec.constants.KeyDataFormatPem)
    context.sign(signature)
    return etree.tostring(root)


def refusal(document: bytes) -> SignatureFault | None:
    root = read_message(document)
    try:
        verify_signature(root, next(root.iter(REQUEST)), [an_identity("another").certificate, SP.certificate])
    except SignatureRefused as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_inclusive_signatures_are_accepted(way, around):
    assert refusal(signed(way, around)) is None


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize(
    "change",
    [(b"https://sp.example/acs", b"https://evil.example/"), (b'AllowCreate="true"', b'AllowCreate="false"')],
    ids=["an address", "a demand"],
)
def test_a_changed_message_is_refused(way, around, change):
    document = signed(way, around)
    assert change[0] in document
    assert refusal(document.replace(*change)) is SignatureFault.WRONG


@pytest.mark.parametrize("way", [(INCLUSIVE, INCLUSIVE), (EXCLUSIVE, INCLUSIVE), (INCLUSIVE, None)], ids=str)
def test_a_message_moved_to_another_context_is_refused(way):
    """Canonical XML 1.0, section 2.4: the namespaces in scope and the inherited `xml:` attributes are signed too."""
    document = signed(way, AROUND["in one with namespaces and a language"])
    for change in ((b'xml:lang="fr"', b'xml:lang="en"'), (b"urn:other", b"urn:another")):
        assert refusal(document.replace(*change)) is SignatureFault.WRONG


@pytest.mark.parametrize("which", ["CanonicalizationMethod", "Transform"])
def test_the_canonicalization_method_cannot_be_replaced(which):
    """Not even by another accepted method."""
    document = signed((EXCLUSIVE, EXCLUSIVE), AROUND["by itself"])
    root = etree.fromstring(document)
    element = [each for each in root.iter() if etree.QName(each).localname == which][-1]
    element.set("Algorithm", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
    assert refusal(etree.tostring(root)) is SignatureFault.WRONG
