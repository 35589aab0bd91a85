"""Verifies XML signatures: SAML V2.0 Core, section 5.

Signature wrapping attacks make a verifier check one element and the application read another. Therefore the whole shape
of a signature is compared with the shape that SAML allows before anything is computed: what is verified can only be the
element that the caller reads. Then SignedInfo, which is small, must verify by one of the keys. Only then does
python-xmlsec canonicalize the message and verify its digest, once, with that key. Keys come from metadata, never from
the signature.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import xmlsec
from lxml import etree

from config.xml import detached_copy
from idp.saml.xmlsec.algorithms import (
    ACCEPTED,
    BY_URI,
    ENVELOPED,
    EXCLUSIVE,
    INCLUSIVE,
    WITH_COMMENTS,
    XMLDSIG,
    Accepted,
)
from idp.saml.xmlsec.canonical import Canonicalization
from idp.saml.xmlsec.key_cache import public_key, type_of, xmlsec_public_key
from idp.saml.xmlsec.signature_value import verify_value
from idp.saml.xmlsec.signing import ID, ISSUER, NC_NAME
from relying_parties.sp_metadata.keys import MOST_SIGNING_KEYS

DS = f"{{{XMLDSIG}}}"
SIGNATURE = f"{DS}Signature"

_ID_LIKE = ("ID", "Id", "id", "AssertionID", "RequestID", "ResponseID", "{http://www.w3.org/XML/1998/namespace}id")
_INCLUSIVE_NAMESPACES = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
MOST_PREFIXES = 16  # OpenSAML writes one or two
_INCLUSIVE = Canonicalization(is_exclusive=False)


class SignatureFault(StrEnum):
    """Why a signature is refused: a code for the log."""

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
    """The signature is missing, wrong, or of a form that we do not accept."""

    def __init__(self, reason: SignatureFault, *, received: str = "", expected: tuple[str, ...] = ()) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.received = received
        self.expected = expected


def algorithm_refused(received: str, expected: Iterable[str]) -> SignatureRefused:
    """The refusal of an algorithm that is not among `expected`."""
    shown = ascii(received[:200])[1:-1]
    return SignatureRefused(SignatureFault.ALGORITHM, received=shown, expected=tuple(sorted(expected)))


def verify_signature(
    root: etree._Element, element: etree._Element, certificates: Sequence[str], *, allowed: Accepted = ACCEPTED
) -> None:
    """Verify that the key of one of these certificates has signed `element`, a part of the document `root`.

    Certificates are DER in base64 and only carry keys: their dates and issuers are ignored
    (Metadata Interoperability Profile, section 2.6.1).

    Raises:
        SignatureRefused: the signature is missing, wrong, or of a form that we do not accept.
    """
    signature = _only_signature(element)
    shape = _shape(signature, _unique_id(root, element), allowed)
    certificate = _signer(signature, shape, certificates)
    if element is not root:
        signature, element = _detached(signature, element, shape)
    if not _verifies(signature, element, certificate):
        raise SignatureRefused(SignatureFault.WRONG)


def _detached(
    signature: etree._Element, element: etree._Element, shape: "_Shape"
) -> tuple[etree._Element, etree._Element]:
    """The element with its signature in a document of its own, so that no other element can be verified instead."""
    copied = detached_copy(element)
    copied_signature = _only_signature(copied)
    shape.signed_info.inherit(copied_signature, signature)  # the enveloped transform removes the signature
    shape.content.inherit(copied, element)
    return copied_signature, copied


def _only_signature(element: etree._Element) -> etree._Element:
    """The only signature of an element: its first child, or the child after Issuer (Core, section 5.4, schemas)."""
    signatures = element.findall(SIGNATURE)
    if not signatures:
        raise SignatureRefused(SignatureFault.MISSING)
    if len(signatures) > 1:
        raise SignatureRefused(SignatureFault.SEVERAL)
    if element.index(signatures[0]) != (1 if element[0].tag == ISSUER else 0):
        raise SignatureRefused(SignatureFault.MISPLACED)
    return signatures[0]


def _unique_id(root: etree._Element, element: etree._Element) -> str:
    """The ID of the element, which no other attribute of the document that may be an ID has as its value."""
    identifier = element.get(ID)
    if identifier is None or not NC_NAME.fullmatch(identifier):
        raise SignatureRefused(SignatureFault.REFERENCE)
    count = 0
    for each in root.iter():
        if not isinstance(each.tag, str):  # comments and instructions would split text; `read_xml` removes them
            raise SignatureRefused(SignatureFault.MALFORMED)
        count += sum(1 for name in _ID_LIKE if each.get(name) == identifier)
    if count != 1:
        raise SignatureRefused(SignatureFault.DUPLICATE_ID)
    return identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """The algorithm of a signature, and the canonicalizations of SignedInfo and of the signed element."""

    method: str
    signed_info: Canonicalization
    content: Canonicalization


def _shape(signature: etree._Element, identifier: str, allowed: Accepted) -> _Shape:
    """Check the form of a signature: XML Signature, section 4, with the profile of Core, section 5.4."""
    signed_info, *_ = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo", optional=1)
    canonicalization, signature_method, reference = _children(
        signed_info, "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    if set(reference.attrib) - {"URI", "Id", "Type"} or reference.get("URI") != f"#{identifier}":
        raise SignatureRefused(SignatureFault.REFERENCE)
    transforms, digest_method, _ = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    method, digest = signature_method.get("Algorithm", ""), digest_method.get("Algorithm", "")
    shape = _Shape(method=method, signed_info=_canonicalization(canonicalization), content=_transformed(transforms))
    if method not in allowed.signatures:
        raise algorithm_refused(method, allowed.signatures)
    if digest not in allowed.digests:
        raise algorithm_refused(digest, allowed.digests)
    if len(signature_method) or len(digest_method):
        raise SignatureRefused(SignatureFault.ALGORITHM)
    return shape


def _transformed(transforms: etree._Element) -> Canonicalization:
    """The canonicalization of the signed element: the inclusive one if only the enveloped transform is given.

    Core 5.4.4, XML Signature 4.4.3.2. Core 5.4.3: the exclusive one SHOULD be used; .NET uses the inclusive one.
    """
    if not 1 <= len(transforms) <= 2 or any(transform.tag != f"{DS}Transform" for transform in transforms):
        raise SignatureRefused(SignatureFault.TRANSFORMS)
    enveloped, *canonicalization = transforms
    if len(enveloped) or enveloped.get("Algorithm") != ENVELOPED:
        raise SignatureRefused(SignatureFault.TRANSFORMS)
    return _canonicalization(canonicalization[0]) if canonicalization else _INCLUSIVE


def _children(element: etree._Element, *names: str, optional: int = 0) -> list[etree._Element]:
    """The children of an element, which must be exactly these: no ds:Object, no second Reference."""
    expected = [f"{DS}{name}" for name in names]
    tags = [child.tag for child in element]
    if tags != expected[: len(tags)] or len(tags) < len(expected) - optional:
        raise SignatureRefused(SignatureFault.MALFORMED)
    return list(element)


def _canonicalization(element: etree._Element) -> Canonicalization:
    """The canonicalization that an element names. Prefixes are limited: libxml2 searches each at each element."""
    algorithm = element.get("Algorithm", "")
    algorithm = WITH_COMMENTS.get(algorithm, algorithm)
    if algorithm == INCLUSIVE and not len(element):
        return _INCLUSIVE
    if algorithm not in (EXCLUSIVE, INCLUSIVE):
        shown = ascii(algorithm[:200])[1:-1]
        raise SignatureRefused(SignatureFault.TRANSFORMS, received=shown, expected=(EXCLUSIVE, INCLUSIVE))
    if algorithm == INCLUSIVE or any(child.tag != _INCLUSIVE_NAMESPACES for child in element):
        raise SignatureRefused(SignatureFault.TRANSFORMS)
    prefixes = [prefix for child in element for prefix in child.get("PrefixList", "").split()]
    if len(element) > 1 or len(prefixes) > MOST_PREFIXES:
        raise SignatureRefused(SignatureFault.TRANSFORMS)
    return Canonicalization(is_exclusive=True, prefixes=tuple(prefixes))


def _signer(signature: etree._Element, shape: _Shape, certificates: Sequence[str]) -> str:
    """The certificate whose key has signed SignedInfo: XML Signature, section 3.2.2.

    Raises:
        SignatureRefused: none of the keys has.
    """
    signing = BY_URI[shape.method]
    keys = [(certificate, key) for certificate in certificates[:MOST_SIGNING_KEYS] if (key := public_key(certificate))]
    keys = [(certificate, key) for certificate, key in keys if type_of(key) == signing.key_type]
    if not keys:
        raise SignatureRefused(SignatureFault.NO_KEY)
    try:
        value = b64decode("".join((signature[1].text or "").split()), validate=True)
        octets = shape.signed_info.of(signature[0])
    except (binascii.Error, ValueError, etree.C14NError):  # a relative namespace has no canonical form
        raise SignatureRefused(SignatureFault.MALFORMED) from None
    for certificate, key in keys:
        if verify_value(value, octets, key, signing):
            return certificate
    raise SignatureRefused(SignatureFault.WRONG)


def _verifies(signature: etree._Element, element: etree._Element, certificate: str) -> bool:
    loaded = xmlsec_public_key(certificate)
    context = xmlsec.SignatureContext()
    context.key = loaded[1] if loaded else None  # KeyInfo is ignored
    try:
        context.register_id(element, ID)
        context.verify(signature)
    except xmlsec.Error:
        return False
    return True
