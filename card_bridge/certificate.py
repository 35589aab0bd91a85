"""The certificate of a professional card: what it says, read and not yet believed.

This is the only module that imports asn1crypto, which has had no release since 2022 (docs/decisions/asn1crypto.md).
The fields are those of the "gabarits" of IGC-Santé and of the national nomenclatures (NOS). The subject of a CPS has
one relative distinguished name with several attributes, in UTF8String or TeletexString.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from asn1crypto import core, x509

from card_bridge.assertion import LARGEST_CERTIFICATE

_CARD_TYPE: Final = "1.2.250.1.71.1.2.2"  # gipCardType, TRE_G02
_CARD_ID: Final = "1.2.250.1.71.1.2.3"  # gipCardID
_CARD_CATEGORY: Final = "1.2.250.1.71.1.2.5"  # gipCardCategory, TRE_G01
_PROFESSION: Final = "1.2.250.1.71.1.2.7"  # gipProfessionCode, TRE_G15
_SPECIALITIES: Final = "1.2.250.1.71.4.2.5"  # of the RPPS, TRE_R01


class _Texts(core.SequenceOf):
    _child_spec = core.UTF8String


class CertificateMalformed(ValueError):
    """Octets are not an X.509 certificate in DER, or a part of it cannot be read. The message repeats nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCertificate:
    """What a certificate says. A text that it does not have is "", a code None.

    `key_usage` and `extended_key_usage` have the names that RFC 5280 sections 4.2.1.3 and 4.2.1.12 give, in the form
    of asn1crypto: `digital_signature`, `client_auth`; they are empty when the extension is missing.
    """

    der: bytes
    x509: Any
    """The certificate as asn1crypto has it, for pyhanko-certvalidator."""

    serial_number: int
    not_before: datetime
    not_after: datetime
    common_name: str
    family_name: str
    given_name: str
    title: str
    key_bits: int
    is_rsa: bool
    signature_hash: str
    """The hash of the issuer's signature, `sha256`; empty for an algorithm that hashes in its own way."""
    key_usage: frozenset[str]
    extended_key_usage: frozenset[str]
    policies: frozenset[str]
    key_identifier: bytes | None
    card_type: int | None
    card_id: str
    card_category: int | None
    profession: str
    specialities: tuple[str, ...]

    @property
    def rsa_numbers(self) -> tuple[int, int]:
        """The modulus and the public exponent of an RSA key (RFC 8017 section 3.1).

        Raises:
            CertificateMalformed: the key is not an RSA key.
        """
        if not self.is_rsa:
            raise CertificateMalformed("its key is not an RSA key")
        key = self.x509.public_key["public_key"].parsed
        return int(key["modulus"].native), int(key["public_exponent"].native)

    @classmethod
    def parse(cls, der: bytes) -> Self:
        """Read a certificate.

        Raises:
            CertificateMalformed: it is larger than 4,096 octets, is not one DER value, or a field cannot be read.
        """
        if len(der) > LARGEST_CERTIFICATE:
            raise CertificateMalformed(f"it is larger than {LARGEST_CERTIFICATE} octets")
        try:
            certificate = x509.Certificate.load(der, strict=True)
            return cls._of(der, certificate)
        except CertificateMalformed:
            raise
        except RecursionError as fault:
            raise CertificateMalformed("it is nested too deep") from fault
        except Exception as fault:  # asn1crypto raises errors of many types
            raise CertificateMalformed("it is not an X.509 certificate in DER") from fault

    @classmethod
    def _of(cls, der: bytes, certificate: x509.Certificate) -> Self:
        subject, extensions = _subject(certificate), _private_extensions(certificate)
        key = certificate.public_key
        return cls(
            der=der,
            x509=certificate,
            serial_number=certificate.serial_number,
            not_before=certificate.not_valid_before,
            not_after=certificate.not_valid_after,
            common_name=subject.get("common_name", ""),
            family_name=subject.get("surname", ""),
            given_name=subject.get("given_name", ""),
            title=subject.get("title", ""),
            key_bits=key.bit_size,
            is_rsa=key.algorithm == "rsa",
            signature_hash=_signature_hash(certificate),
            key_usage=_names(certificate.key_usage_value),
            extended_key_usage=_names(certificate.extended_key_usage_value),
            policies=frozenset(
                each["policy_identifier"].dotted for each in certificate.certificate_policies_value or ()
            ),
            key_identifier=certificate.key_identifier,
            card_type=_integer(extensions.get(_CARD_TYPE)),
            card_id=_printable(extensions.get(_CARD_ID)),
            card_category=_category(extensions.get(_CARD_CATEGORY)),
            profession=_code(extensions.get(_PROFESSION)),
            specialities=_specialities(extensions.get(_SPECIALITIES)),
        )


def _subject(certificate: x509.Certificate) -> dict[str, str]:
    """The first value of each attribute, of every relative distinguished name."""
    found: dict[str, str] = {}
    for name in certificate.subject.chosen:
        for attribute in name:
            found.setdefault(attribute["type"].native, str(attribute["value"].native))
    return found


def _private_extensions(certificate: x509.Certificate) -> Mapping[str, bytes]:
    """The value of each extension, by its identifier. RFC 5280 section 4.2: one of each.

    Raises:
        CertificateMalformed: an extension occurs twice.
    """
    found: dict[str, bytes] = {}
    for extension in certificate["tbs_certificate"]["extensions"]:
        identifier = extension["extn_id"].dotted
        if identifier in found:
            raise CertificateMalformed("an extension occurs twice")
        found[identifier] = extension["extn_value"].contents
    return found


def _signature_hash(certificate: x509.Certificate) -> str:
    """`sha256`; empty for an algorithm that hashes in its own way, such as Ed25519."""
    try:
        return str(certificate.hash_algo)
    except ValueError:
        return ""


def _names(value: Any) -> frozenset[str]:
    return frozenset() if value is None else frozenset(value.native)


def _integer(value: bytes | None) -> int | None:
    return None if value is None else int(core.Integer.load(value, strict=True).native)


def _code(value: bytes | None) -> str:
    number = _integer(value)
    return "" if number is None else str(number)


def _printable(value: bytes | None) -> str:
    return "" if value is None else str(core.PrintableString.load(value, strict=True).native)


def _category(value: bytes | None) -> int | None:
    if value is None:
        return None
    octets = core.OctetString.load(value, strict=True).native
    if len(octets) != 1:
        raise CertificateMalformed("the card's category is not one octet")
    return int(octets[0])


def _specialities(value: bytes | None) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(_Texts.load(value, strict=True).native)
