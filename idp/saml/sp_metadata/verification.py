"""Metadata that others publish are believed when the certificate declared for them has signed the whole document.

Verified first and read afterwards. pysaml2 has it otherwise: it takes an unsigned
document even where a certificate is configured, and never ties a signature to the
document's root, so that one moved under an attacker's root passes with whatever
that root holds. Here the signature is the root's own, over the root, by the declared
key (what KeyInfo says is never looked at), and validUntil bounds every replay.
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
from idp.saml.xmlsec import signing

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
    """A document that was signed as it should be; nothing else of it has been read yet."""

    root: etree._Element
    validity: Validity


def verify(
    octets: bytes, *, certificates: Sequence[str], now: datetime, ceiling: timedelta, at_most: int = LARGEST_ENTITY
) -> Verified:
    """The root of `octets`, which one of `certificates` (base64 of DER) must have signed as a whole.

    Raises:
        MetadataRefused: why it is not believed.
    """
    root = read(octets, at_most=at_most)
    require_signature(root, certificates)
    return Verified(root=root, validity=stated_validity(root, now=now, ceiling=ceiling))


def require_signature(root: etree._Element, certificates: Sequence[str]) -> None:
    """
    Raises:
        MetadataRefused: none of `certificates` has signed the whole.
    """
    if root.tag not in (GROUP, ENTITY):
        raise MetadataRefused(MetadataFault.CONTENT, "it is no SAML 2.0 metadata", received=str(root.tag)[:120])
    try:
        signing.verify_signature(root, root, certificates)
    except signing.SignatureRefused as refused:
        if refused.reason is signing.SignatureFault.MISSING:
            raise MetadataRefused(MetadataFault.UNSIGNED, "its root must be signed") from None
        change = f"its root must be signed by the certificate that is declared for it ({refused.reason})"
        raise MetadataRefused(MetadataFault.SIGNATURE, change) from None


def read(octets: bytes, *, at_most: int = LARGEST_ENTITY) -> etree._Element:
    """The root of a document nobody has vouched for yet.

    Raises:
        MetadataRefused: it is not XML that we read.
    """
    try:
        return read_xml(octets, at_most=at_most)
    except XmlRefused as wrong:
        raise MetadataRefused(
            MetadataFault.NOT_XML, f"it must be XML in UTF-8 without DOCTYPE, of at most {at_most} octets ({wrong})"
        ) from None


def stated_validity(root: etree._Element, *, now: datetime, ceiling: timedelta) -> Validity:
    """What the root says of its own time.

    Raises:
        MetadataRefused: it is over, or out of bounds.
    """
    published = published_at(root)
    if published is not None and published > now + CLOCK_SKEW:
        raise MetadataRefused(MetadataFault.CONTENT, "its creationInstant is yet to come", received=str(published))
    return validity_of(
        valid_until=root.get("validUntil"),
        cache_duration=root.get("cacheDuration"),
        published_at=published,
        now=now,
        ceiling=ceiling,
    )


def published_at(root: etree._Element) -> datetime | None:
    """When a document says that it was published: Metadata Extensions for Registration and Publication, 2.2."""
    publication = root.find(_PUBLICATION)
    return instant(publication.get("creationInstant")) if publication is not None else None


def single_entity(root: etree._Element, entity_id: str | None) -> etree._Element:
    """The one entity that a document about one entity is about: the one that was asked for.

    Raises:
        MetadataRefused: it is about several, or about another.
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
    """Each EntityDescriptor of an aggregate, groups within groups included, with the end that is its own.

    The root's end is not: it is the aggregate's. What cannot be read has ended.
    """
    for child in group.iterchildren(ENTITY, GROUP):
        said = child.get("validUntil")
        its_end = until
        if said is not None:
            own = instant(said) or _LONG_AGO
            its_end = own if until is None else min(own, until)
        if child.tag == ENTITY:
            yield child, its_end
        else:
            yield from entities_of(child, its_end)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def certificates_in(pem: str) -> tuple[str, ...]:
    """The certificates of a PEM text, each as the base64 of its DER: more than one while a publisher changes keys.

    Raises:
        MetadataRefused: there is none, or its key is too weak to rest anything on.
    """
    try:
        read = x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, binascii.Error):
        raise MetadataRefused(MetadataFault.CERTIFICATE, "must be a certificate in PEM") from None
    for certificate in read:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and key.key_size >= SHORTEST_RSA_KEY:
            continue
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise MetadataRefused(
                MetadataFault.CERTIFICATE, f"its key must be RSA of {SHORTEST_RSA_KEY} bits or more, or elliptic"
            )
    return tuple(b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii") for certificate in read)
