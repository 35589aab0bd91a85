"""XML signatures, made and verified in this process: SAML V2.0 Core, section 5.

Ours are of one shape, over the canonical form of what is ours, by the library that
holds our keys. What others sign is python-xmlsec's to verify. Before it
computes anything the signature's whole shape is compared with the one that SAML
allows, so that what is verified can be nothing else than the element that the caller
goes on to read: signature wrapping lives on the difference. Keys come from metadata,
never from the signature; those loaded are kept, by content.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Sequence
from enum import StrEnum

import xmlsec
from lxml import etree

from config.xml import alone
from idp.certificates import SigningIdentity
from idp.saml.algorithms import (
    ACCEPTED,
    BY_URI,
    ENVELOPED,
    EXCLUSIVE,
    EXCLUSIVE_WITH_COMMENTS,
    XMLDSIG,
    Accepted,
    Signing,
)
from idp.saml.canonical import as_value, canonical
from idp.saml.loaded_keys import xmlsec_public_key
from idp.saml.signature_value import signature_value, signing_with
from relying_parties.saml_terms import SignatureAlgorithm

DS = f"{{{XMLDSIG}}}"
SIGNATURE = f"{DS}Signature"
ISSUER = "{urn:oasis:names:tc:SAML:2.0:assertion}Issuer"
ID = "ID"

_ID_LIKE = ("ID", "Id", "id", "AssertionID", "RequestID", "ResponseID", "{http://www.w3.org/XML/1998/namespace}id")
_NC_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,255}")
_INCLUSIVE_NAMESPACES = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
MOST_PREFIXES = 16  # OpenSAML writes one or two
_CANONICAL = (EXCLUSIVE, EXCLUSIVE_WITH_COMMENTS)


class SignatureFault(StrEnum):
    """Why a signature is refused: a word for the journal."""

    MISSING = "signature-missing"
    SEVERAL = "signature-several"
    MISPLACED = "signature-misplaced"
    MALFORMED = "signature-malformed"
    REFERENCE = "signature-reference"
    DUPLICATE_ID = "signature-duplicate-id"
    TRANSFORMS = "signature-transforms"
    ALGORITHM = "signature-algorithm"
    NO_KEY = "signature-no-key"
    WRONG = "signature-wrong"


class SignatureRefused(Exception):
    """It is not a signature that we accept, by any of these keys, of what is to be read."""

    def __init__(self, reason: SignatureFault) -> None:
        super().__init__(reason.value)
        self.reason = reason


# -- what we sign


def sign(elements: Sequence[etree._Element], identity: SigningIdentity, algorithm: SignatureAlgorithm) -> None:
    """Put a signature in each of these elements of one tree; one that is within another comes first."""
    signing = signing_with(identity, algorithm)
    for element in sorted(elements, key=lambda each: sum(1 for _ in each.iterancestors()), reverse=True):
        signed_info = _signed_info(canonical(element), str(element.get(ID)), signing)
        signature = etree.fromstring(_signature(signed_info, b"", identity))
        element.insert(1 if len(element) and element[0].tag == ISSUER else 0, signature)
        # as it stands, with the prefix that lxml has given it there
        signature[1].text = _base64(signature_value(canonical(signature[0]), identity, signing))


def signature_of(element: bytes, identifier: str, identity: SigningIdentity, algorithm: SignatureAlgorithm) -> str:
    """The signature of the element with this ID, of which the canonical form is given: itself in canonical form."""
    signing = signing_with(identity, algorithm)
    signed_info = _signed_info(element, identifier, signing)
    alone = f'<ds:SignedInfo xmlns:ds="{XMLDSIG}">{signed_info}</ds:SignedInfo>'
    return _signature(signed_info, signature_value(alone.encode(), identity, signing), identity)


def _signed_info(element: bytes, identifier: str, signing: Signing) -> str:
    """XML Signature section 3.1.1 as Core, section 5.4, narrows it: one Reference, two transforms, exclusive form."""
    return (
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{signing.uri}"></ds:SignatureMethod>'
        f'<ds:Reference URI="#{as_value(identifier)}"><ds:Transforms>'
        f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform>'
        f'<ds:Transform Algorithm="{EXCLUSIVE}"></ds:Transform></ds:Transforms>'
        f'<ds:DigestMethod Algorithm="{signing.digest_uri}"></ds:DigestMethod>'
        f"<ds:DigestValue>{_base64(hashlib.new(signing.hash.name, element).digest())}</ds:DigestValue></ds:Reference>"
    )


def _signature(signed_info: str, value: bytes, identity: SigningIdentity) -> str:
    """XML Signature section 3.1.2; the certificate by value."""
    return (
        f'<ds:Signature xmlns:ds="{XMLDSIG}"><ds:SignedInfo>{signed_info}</ds:SignedInfo>'
        f"<ds:SignatureValue>{_base64(value)}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>"
        f"<ds:X509Certificate>{identity.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
    )


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")


# -- what others sign


def verify_signature(
    root: etree._Element, element: etree._Element, certificates: Sequence[str], *, allowed: Accepted = ACCEPTED
) -> None:
    """`element` is as the holder of one of these certificates' keys has signed it.

    `root` is the root of the document that it stands in. Certificates are DER in
    base64, and only carry keys: neither their dates nor their issuers are looked at
    (Metadata Interoperability Profile, section 2.6.1).

    Raises:
        SignatureRefused: it is not, or cannot be told.
    """
    signature = _only_signature(element)
    identifier = _unique_id(root, element)
    method = _require_shape(signature, identifier, allowed)
    loaded = filter(None, map(xmlsec_public_key, certificates))
    keys = [key for key_type, key in loaded if key_type == BY_URI[method].key_type]
    if not keys:
        raise SignatureRefused(SignatureFault.NO_KEY)
    if element is not root:  # alone in a document, so that nothing else is there to be verified instead
        element = alone(element)
        signature = _only_signature(element)
    if not any(_verifies(signature, element, key) for key in keys):
        raise SignatureRefused(SignatureFault.WRONG)


def _only_signature(element: etree._Element) -> etree._Element:
    """Core, section 5.4 and the schemas: one, as a child, after the Issuer when there is one and first otherwise."""
    signatures = element.findall(SIGNATURE)
    if not signatures:
        raise SignatureRefused(SignatureFault.MISSING)
    if len(signatures) > 1:
        raise SignatureRefused(SignatureFault.SEVERAL)
    if element.index(signatures[0]) != (1 if element[0].tag == ISSUER else 0):
        raise SignatureRefused(SignatureFault.MISPLACED)
    return signatures[0]


def _unique_id(root: etree._Element, element: etree._Element) -> str:
    """The element's ID, which nothing else in the document has, under whatever name."""
    identifier = element.get(ID)
    if identifier is None or not _NC_NAME.fullmatch(identifier):
        raise SignatureRefused(SignatureFault.REFERENCE)
    bearers = 0
    for each in root.iter():
        if not isinstance(each.tag, str):  # a comment or instruction, which would cut a text: `read_xml` leaves none
            raise SignatureRefused(SignatureFault.MALFORMED)
        bearers += sum(1 for name in _ID_LIKE if each.get(name) == identifier)
    if bearers != 1:
        raise SignatureRefused(SignatureFault.DUPLICATE_ID)
    return identifier


def _require_shape(signature: etree._Element, identifier: str, allowed: Accepted) -> str:
    """XML Signature section 4 as Core, section 5.4, narrows it; gives the signature's algorithm."""
    signed_info, *_ = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo", optional=1)
    canonicalization, signature_method, reference = _children(
        signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    if set(reference.attrib) - {"URI", "Id", "Type"} or reference.get("URI") != f"#{identifier}":
        raise SignatureRefused(SignatureFault.REFERENCE)
    transforms, digest_method, _ = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    _require_canonicalization(canonicalization)
    if [transform.tag for transform in transforms] != [f"{DS}Transform"] * 2:
        raise SignatureRefused(SignatureFault.TRANSFORMS)
    if len(transforms[0]) or transforms[0].get("Algorithm") != ENVELOPED:
        raise SignatureRefused(SignatureFault.TRANSFORMS)
    _require_canonicalization(transforms[1])
    method, digest = signature_method.get("Algorithm", ""), digest_method.get("Algorithm", "")
    if method not in allowed.signatures or digest not in allowed.digests:
        raise SignatureRefused(SignatureFault.ALGORITHM)
    if len(signature_method) or len(digest_method):
        raise SignatureRefused(SignatureFault.ALGORITHM)
    return method


def _children(element: etree._Element, *names: str, optional: int = 0) -> list[etree._Element]:
    """Its children, which are these and no others (no ds:Object, no second Reference)."""
    expected = [f"{DS}{name}" for name in names]
    tags = [child.tag for child in element]
    if tags != expected[: len(tags)] or len(tags) < len(expected) - optional:
        raise SignatureRefused(SignatureFault.MALFORMED)
    return list(element)


def _require_canonicalization(element: etree._Element) -> None:
    """At most a few prefixes: libxml2 looks for each of them at each element, before it is known who has signed."""
    if element.get("Algorithm") not in _CANONICAL or any(child.tag != _INCLUSIVE_NAMESPACES for child in element):
        raise SignatureRefused(SignatureFault.TRANSFORMS)
    if sum(len(child.get("PrefixList", "").split()) for child in element) > MOST_PREFIXES:
        raise SignatureRefused(SignatureFault.TRANSFORMS)


def _verifies(signature: etree._Element, element: etree._Element, key: xmlsec.Key) -> bool:
    context = xmlsec.SignatureContext()
    context.key = key  # whatever KeyInfo says
    try:
        context.register_id(element, ID)
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True
