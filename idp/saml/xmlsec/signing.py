"""Makes XML signatures: SAML V2.0 Core, section 5.

All our signatures have the same shape: one Reference to the signed element by its ID, over its
exclusive canonical form, with the certificate in KeyInfo. `cryptography`, which holds our
private keys, computes them. The signatures of others are verified in `verification.py`.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence

from lxml import etree

from idp.keys.certificates import SigningIdentity
from idp.saml.xmlsec.algorithms import ENVELOPED, EXCLUSIVE, XMLDSIG, Signing
from idp.saml.xmlsec.canonical import canonical
from idp.saml.xmlsec.signature_value import signature_value, signing_for
from relying_parties.registration.saml_sp import SignatureAlgorithm

ISSUER = "{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"
ID = "ID"
NC_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,255}")  # of ASCII, so that it needs no escaping in a Reference


def sign(elements: Sequence[etree._Element], identity: SigningIdentity, algorithm: SignatureAlgorithm) -> None:
    """Sign each of these elements of one tree, inner elements first."""
    signing = signing_for(identity, algorithm)
    for element in sorted(elements, key=lambda each: sum(1 for _ in each.iterancestors()), reverse=True):
        signed_info = _signed_info(canonical(element), element.get(ID, ""), signing)
        signature = etree.fromstring(_signature(signed_info, b"", identity))
        element.insert(1 if len(element) and element[0].tag == ISSUER else 0, signature)
        # canonicalized in place: lxml may have changed its prefix
        signature[1].text = _base64(signature_value(canonical(signature[0]), identity, signing))


def signature_of(element: bytes, identifier: str, identity: SigningIdentity, algorithm: SignatureAlgorithm) -> str:
    """The signature, in canonical form, of an element with this ID. `element` is its canonical form."""
    signing = signing_for(identity, algorithm)
    signed_info = _signed_info(element, identifier, signing)
    by_itself = f'<ds:SignedInfo xmlns:ds="{XMLDSIG}">{signed_info}</ds:SignedInfo>'
    return _signature(signed_info, signature_value(by_itself.encode(), identity, signing), identity)


def _signed_info(element: bytes, identifier: str, signing: Signing) -> str:
    """The content of SignedInfo (XML Signature, section 3.1.1) with the profile of Core, section 5.4.

    Raises:
        ValueError: the identifier is not an NCName of ASCII characters.
    """
    if not NC_NAME.fullmatch(identifier):
        raise ValueError("the ID of a signed element must be an NCName of ASCII characters")
    return (
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{signing.uri}"></ds:SignatureMethod>'
        f'<ds:Reference URI="#{identifier}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform>'
        f'<ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{signing.digest_uri}"></ds:DigestMethod>'
        f"<ds:DigestValue>{_base64(hashlib.new(signing.hash.name, element).digest())}</ds:DigestValue></ds:Reference>"
    )


def _signature(signed_info: str, value: bytes, identity: SigningIdentity) -> str:
    """A ds:Signature with the certificate in KeyInfo: XML Signature, section 3.1.2."""
    return (
        f'<ds:Signature xmlns:ds="{XMLDSIG}"><ds:SignedInfo>{signed_info}</ds:SignedInfo>'
        f"<ds:SignatureValue>{_base64(value)}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
        f"<ds:X509Certificate>{identity.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    )


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")
