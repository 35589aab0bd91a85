"""Verifies the metadata of service providers: the declared certificate must have signed the whole document.

A document is verified before it is read. pysaml2 does not do so: it accepts an unsigned document even if a certificate
is configured, and does not check that the signature covers the root, so an attacker can move a signed element under
another root. Here the signature must be a child of the root, cover the root, and verify by the declared key; KeyInfo is
ignored. validUntil limits how long a document can be replayed.
"""

import binascii
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from config.xml import XmlRefused, read_xml
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.validity import CLOCK_SKEW, Validity, instant, validity_of
from idp.saml.xmlsec.verification import SignatureFault, SignatureRefused, verify_signature

METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
GROUP = f"{{{METADATA}}}EntitiesDescriptor"
ENTITY = f"{{{METADATA}}}EntityDescriptor"
SERVICE_PROVIDER = f"{{{METADATA}}}SPSSODescriptor"
_PUBLICATION = f"{{{METADATA}}}Extensions/{{urn:oasis:names:tc:SAML:metadata:rpi}}PublicationInfo"

LARGEST_ENTITY = 1_000_000
LARGEST_AGGREGATE = 200_000_000
SHORTEST_RSA_KEY = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A document whose signature is verified. Its entities have not been read yet."""

    root: etree._Element
    validity: Validity


def verify(
    octets: bytes, *, certificates: Sequence[str], now: datetime, ceiling: timedelta, at_most: int = LARGEST_ENTITY
) -> Verified:
    """Parse `octets` and verify that one of `certificates` (base64 of DER) has signed the whole document.

    Raises:
        MetadataRefused: the document is not signed so, or not valid now.
    """
    root = read(octets, at_most=at_most)
    require_signature(root, certificates)
    return Verified(root=root, validity=stated_validity(root, now=now, ceiling=ceiling))


def require_signature(root: etree._Element, certificates: Sequence[str]) -> None:
    """Verify the signature of the root.

    Raises:
        MetadataRefused: none of `certificates` has signed the root.
    """
    if root.tag not in (GROUP, ENTITY):
        raise MetadataRefused(MetadataFault.CONTENT, "it must be SAML 2.0 metadata", received=str(root.tag)[:120])
    try:
        verify_signature(root, root, certificates)
    except SignatureRefused as refused:
        if refused.reason is SignatureFault.MISSING:
            raise MetadataRefused(MetadataFault.UNSIGNED, "its root must be signed") from None
        change = f"its root must be signed by the certificate declared for it ({refused.reason})"
        raise MetadataRefused(MetadataFault.SIGNATURE, change) from None


def read(octets: bytes, *, at_most: int = LARGEST_ENTITY) -> etree._Element:
    """The root of a document that is not verified yet.

    Raises:
        MetadataRefused: the document is not XML within the limits.
    """
    try:
        return read_xml(octets, at_most=at_most)
    except XmlRefused as wrong:
        raise MetadataRefused(
            MetadataFault.NOT_XML, f"it must be XML in UTF-8 without DOCTYPE, of at most {at_most} octets ({wrong})"
        ) from None


def stated_validity(root: etree._Element, *, now: datetime, ceiling: timedelta) -> Validity:
    """The validity that the root states.

    Raises:
        MetadataRefused: the document has expired, or its validity is out of bounds.
    """
    published = published_at(root)
    if published is not None and published > now + CLOCK_SKEW:
        raise MetadataRefused(MetadataFault.CONTENT, "its creationInstant is in the future", received=str(published))
    return validity_of(
        valid_until=root.get("validUntil"),
        cache_duration=root.get("cacheDuration"),
        published_at=published,
        now=now,
        ceiling=ceiling,
    )


def published_at(root: etree._Element) -> datetime | None:
    """The creationInstant of a document, if any: Metadata Extensions for Registration and Publication, section 2.2."""
    publication = root.find(_PUBLICATION)
    return instant(publication.get("creationInstant")) if publication is not None else None


def single_entity(root: etree._Element, entity_id: str | None) -> etree._Element:
    """The only entity of a document, which must have the entityID `entity_id` if one is given.

    Raises:
        MetadataRefused: the document has several entities, or another one.
    """
    found = [root] if root.tag == ENTITY else [each for each, _ in entities_of(root)]
    if len(found) != 1:
        raise MetadataRefused(
            MetadataFault.CONTENT, "it must describe one entity; for an aggregate: idp metadata source add",
            received=len(found),
        )  # fmt: skip
    if entity_id is not None and found[0].get("entityID") != entity_id:
        raise MetadataRefused(
            MetadataFault.ANOTHER_ENTITY, f"it must describe {entity_id}", received=found[0].get("entityID")
        )
    return found[0]


def entities_of(
    group: etree._Element, until: datetime | None = None
) -> Iterator[tuple[etree._Element, datetime | None]]:
    """Each EntityDescriptor of an aggregate, also in nested groups, with its earliest validUntil.

    The validUntil of the root does not count: it belongs to the aggregate. An unreadable validUntil counts as expired.
    """
    for child in group.iterchildren(ENTITY, GROUP):
        valid_until = child.get("validUntil")
        end = until
        if valid_until is not None:
            child_end = instant(valid_until) or _LONG_AGO
            end = child_end if until is None else min(child_end, until)
        if child.tag == ENTITY:
            yield child, end
        else:
            yield from entities_of(child, end)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def certificates_in(pem: str) -> tuple[str, ...]:
    """The certificates of a PEM text, each as base64 of DER. There are several while a publisher changes keys.

    Raises:
        MetadataRefused: there is no certificate, or a key is too weak.
    """
    try:
        read = x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, binascii.Error):
        raise MetadataRefused(MetadataFault.CERTIFICATE, "it must be a certificate in PEM") from None
    for certificate in read:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA_KEY:
            continue
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise MetadataRefused(
                MetadataFault.CERTIFICATE,
                f"its key must be an RSA key of at least {SHORTEST_RSA_KEY} bits, or an elliptic curve key",
            )
    return tuple(b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii") for certificate in read)
