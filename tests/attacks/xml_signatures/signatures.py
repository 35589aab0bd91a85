"""Whether an XML signature is accepted, and what it covers.

What must hold of every document: an accepted element says, octet for octet once canonical, what the key's holder
signed.
"""

import copy

import pytest
from lxml import etree

from config.xml import read_xml
from idp.saml.xmlsec.verification import SIGNATURE, SignatureFault, SignatureRefused, verify_signature
from tests.builders.xml import ASSERTION, DS, PROTOCOL, an_identity

ASSERTED, RESPONSE = f"{ASSERTION}Assertion", f"{PROTOCOL}Response"
HONEST, ATTACKER = an_identity("sp.example"), an_identity("attacker.example")
XMLDSIG, MORE = DS[1:-1], "http://www.w3.org/2001/04/xmldsig-more#"


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
