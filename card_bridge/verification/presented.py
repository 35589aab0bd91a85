"""The certificate that a browser or a workstation presents, read by cryptography: what it says, and not yet believed.

A stranger sends it, so the services read it with the parser that is maintained and written in Rust. The workstation
reads the certificates of cards with `card_bridge.certificate`, which also takes those of the former generation; a test
holds both readings together.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, TypeVar, cast

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from card_bridge.assertion import LARGEST_CERTIFICATE
from card_bridge.verification.algorithms import ends_with_signature
from card_bridge.verification.unreadable import UNREADABLE

_CARD_TYPE: Final = x509.ObjectIdentifier("1.2.250.1.71.1.2.2")  # gipCardType, TRE_G02
_CARD_ID: Final = x509.ObjectIdentifier("1.2.250.1.71.1.2.3")  # gipCardID
_CARD_CATEGORY: Final = x509.ObjectIdentifier("1.2.250.1.71.1.2.5")  # gipCardCategory, TRE_G01
_PROFESSION: Final = x509.ObjectIdentifier("1.2.250.1.71.1.2.7")  # gipProfessionCode, TRE_G15
_INTEGER, _OCTETS, _PRINTABLE = 0x02, 0x04, 0x13  # tags of DER
_UNDERSTOOD: Final = frozenset(
    (
        x509.BasicConstraints,
        x509.KeyUsage,
        x509.ExtendedKeyUsage,
        x509.CertificatePolicies,
        x509.SubjectAlternativeName,
        x509.CRLDistributionPoints,
    )
)
"""The extensions that may be critical. RFC 5280 section 4.2: any other critical one must refuse the certificate."""


Extension = TypeVar("Extension", bound=x509.ExtensionType)


class Unreadable(ValueError):
    """Octets are not an X.509 certificate, or a part of it cannot be read. The message repeats nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedCertificate:
    """What a certificate says. A text that it does not have is "", a code None.

    `issuer_key_identifier` names the key of the issuer (RFC 5280 section 4.2.1.1).
    """

    certificate: x509.Certificate
    fingerprint: str
    serial_number: int
    not_before: datetime
    not_after: datetime
    key: RSAPublicKey | None
    is_ca: bool
    has_unknown_critical: bool
    digital_signature: bool
    authenticates_clients: bool
    policy_extension: x509.CertificatePolicies | None
    issuer_key_identifier: bytes | None
    distribution_points: x509.CRLDistributionPoints | None
    common_name: str
    family_name: str
    given_name: str
    card_type: int | None
    card_id: str
    card_category: int | None
    profession: str

    @property
    def policies(self) -> frozenset[str]:
        """The policies of the certificate, as object identifiers in their dotted form."""
        return frozenset(each.policy_identifier.dotted_string for each in self.policy_extension or ())

    @property
    def revocation_addresses(self) -> frozenset[str]:
        """The addresses that the certificate names for its revocation list. They are compared, and never called."""
        return distribution_addresses(self.distribution_points)

    @classmethod
    def parse(cls, der: bytes) -> Self:
        """Read a certificate.

        Raises:
            Unreadable: it is larger than 4,096 octets, not DER, or a field cannot be read.
        """
        if len(der) > LARGEST_CERTIFICATE:
            raise Unreadable(f"it is larger than {LARGEST_CERTIFICATE} octets")
        try:
            certificate = x509.load_der_x509_certificate(der)
            read = cls._read(der, certificate)
        except UNREADABLE as fault:
            raise Unreadable("it is not an X.509 certificate in DER") from fault
        if read.serial_number <= 0:
            raise Unreadable("its serial number is not positive (RFC 5280 section 4.1.2.2)")
        if not ends_with_signature(der, certificate.signature):
            raise Unreadable("its signature has a number of bits that is not a multiple of eight")
        return read

    @classmethod
    def _read(cls, der: bytes, certificate: x509.Certificate) -> Self:
        names: dict[x509.ObjectIdentifier, str] = {}
        for attribute in certificate.subject:  # of every relative distinguished name
            # The common name is the identifier: a subject with two of them has none.
            is_second = attribute.oid == NameOID.COMMON_NAME and attribute.oid in names
            names[attribute.oid] = "" if is_second or not isinstance(attribute.value, str) else attribute.value
        private: dict[x509.ObjectIdentifier, bytes] = {}
        standard: dict[type[x509.ExtensionType], x509.ExtensionType] = {}
        has_unknown_critical = False
        for extension in certificate.extensions:
            value = extension.value
            kind = type(value)  # an exact one: these are classes of the library, and isinstance() asks each for its abc
            if kind is x509.UnrecognizedExtension:
                private[extension.oid] = value.value
            else:
                standard[kind] = value
            if extension.critical and kind not in _UNDERSTOOD:
                has_unknown_critical = True
        constraints, usage = _extension(standard, x509.BasicConstraints), _extension(standard, x509.KeyUsage)
        issuer_key = _extension(standard, x509.AuthorityKeyIdentifier)
        purposes = _extension(standard, x509.ExtendedKeyUsage) or ()
        profession = _integer(private.get(_PROFESSION))
        return cls(
            certificate=certificate,
            fingerprint=hashlib.sha256(der).hexdigest(),
            serial_number=certificate.serial_number,
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            key=_rsa_key(certificate),
            is_ca=constraints is not None and constraints.ca,
            has_unknown_critical=has_unknown_critical,
            digital_signature=usage is not None and usage.digital_signature,
            authenticates_clients=ExtendedKeyUsageOID.CLIENT_AUTH in purposes,
            policy_extension=_extension(standard, x509.CertificatePolicies),
            issuer_key_identifier=None if issuer_key is None else issuer_key.key_identifier,
            distribution_points=_extension(standard, x509.CRLDistributionPoints),
            common_name=names.get(NameOID.COMMON_NAME, ""),
            family_name=names.get(NameOID.SURNAME, ""),
            given_name=names.get(NameOID.GIVEN_NAME, ""),
            card_type=_integer(private.get(_CARD_TYPE)),
            card_id=_content(private.get(_CARD_ID), _PRINTABLE).decode("ascii"),
            card_category=_category(private.get(_CARD_CATEGORY)),
            profession="" if profession is None else str(profession),
        )


def _rsa_key(certificate: x509.Certificate) -> RSAPublicKey | None:
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return None
    return key if isinstance(key, RSAPublicKey) else None


def _extension(found: Mapping[type[x509.ExtensionType], x509.ExtensionType], kind: type[Extension]) -> Extension | None:
    """The extension of exactly this kind."""
    return cast("Extension | None", found.get(kind))


def distribution_addresses(value: x509.CRLDistributionPoints | None) -> frozenset[str]:
    """The addresses of revocation lists: RFC 5280 section 4.2.1.13."""
    if value is None:
        return frozenset()
    names = (name for point in value for name in point.full_name or ())
    return frozenset(name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))


def _content(value: bytes | None, tag: int) -> bytes:
    """The content of one DER value of fewer than 128 octets; empty when there is none.

    Raises:
        Unreadable: it has another tag or length.
    """
    if value is None:
        return b""
    if len(value) < 2 or value[0] != tag or value[1] != len(value) - 2 or value[1] > 0x7F:
        raise Unreadable("an extension of the card has another form")
    return value[2:]


def _integer(value: bytes | None) -> int | None:
    """A small number, in DER: X.690 section 8.3."""
    if value is None:
        return None
    content = _content(value, _INTEGER)
    if not content or len(content) > 4 or (len(content) > 1 and content[0] == 0 and content[1] < 0x80):
        raise Unreadable("a number of the card has another form")
    return int.from_bytes(content, "big", signed=True)


def _category(value: bytes | None) -> int | None:
    if value is None:
        return None
    content = _content(value, _OCTETS)
    if len(content) != 1:
        raise Unreadable("the category of the card is not one octet")
    return content[0]
