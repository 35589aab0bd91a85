"""What the certificates of a card say: the fields of an IGC-Santé certificate, for the test authority to sign.

The names, extensions and identifiers are those of the certificates and nomenclatures (NOS) that ANS publishes. The
subject of a CPS has one relative distinguished name with three attributes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

AUTHENTICATION_POLICY: Final = "1.2.250.1.213.1.7.2.1.1.1.2"
"""Invented: no authentication certificate of IGC-Santé was seen. The policy below is its sibling."""
SIGNATURE_POLICY: Final = "1.2.250.1.213.1.7.2.1.1.1.1"

ISSUER_NUMBER: Final = "8025000001"

CATEGORY_REAL, CATEGORY_TEST = 0x00, 0x80
"""TRE_G01: a card in use, and a test card."""

SMARTCARD_LOGON: Final = ObjectIdentifier("1.3.6.1.4.1.311.20.2.2")
_USER_PRINCIPAL_NAME: Final = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
_CARD_TYPE: Final = ObjectIdentifier("1.2.250.1.71.1.2.2")
_CARD_ID: Final = ObjectIdentifier("1.2.250.1.71.1.2.3")
_CARD_CATEGORY: Final = ObjectIdentifier("1.2.250.1.71.1.2.5")
_PROFESSION: Final = ObjectIdentifier("1.2.250.1.71.1.2.7")
_SPECIALITIES: Final = ObjectIdentifier("1.2.250.1.71.4.2.5")


class Issuer(Enum):
    """The intermediate authorities. The value is the name in addresses; UNKNOWN has the name of FORT and other keys."""

    FORT = "FO"
    STANDARD = "ST"
    UNKNOWN = "unknown"


class KeyUse(Enum):
    """The two keys of a card."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The fields that a test may want wrong. The defaults are those of a good card in the test environment."""

    issuer: Issuer = Issuer.FORT
    category: int = CATEGORY_TEST
    policy: str = AUTHENTICATION_POLICY
    key_bits: int = 2048
    extended_usages: tuple[ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CLIENT_AUTH, SMARTCARD_LOGON)
    starts: timedelta = timedelta(days=-400)
    """When the validity starts, from today."""
    lasts: timedelta = timedelta(days=3 * 365)
    extensions: tuple[x509.ExtensionType, ...] = ()
    """Further extensions, none of them critical."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The person that a certificate names. A text that the card does not have is ""."""

    national_id: str
    """The common name: the type's digit, then the identifier."""
    family_name: str = ""
    given_name: str = ""
    title: str = ""
    profession: int | None = None
    specialities: tuple[str, ...] = ()
    card_type: int = 0
    """TRE_G02: 0 is a CPS, 1 a CPF, 2 a CPE."""
    organization: str = ""
    organization_id: str = ""
    pseudonym: str = ""
    county: str = "Loiret (45)"


def subject(holder: Holder) -> x509.Name:
    """The subject: of a CPS, with its names in one relative distinguished name; of a CPE, of an establishment."""
    title = _one(NameOID.TITLE, holder.title)
    if not holder.organization:
        names = [
            x509.NameAttribute(NameOID.GIVEN_NAME, holder.given_name),
            x509.NameAttribute(NameOID.COMMON_NAME, holder.national_id),
            x509.NameAttribute(NameOID.SURNAME, holder.family_name),
        ]
        return x509.Name([_one(NameOID.COUNTRY_NAME, "FR"), title, x509.RelativeDistinguishedName(names)])
    return x509.Name(
        [
            _one(NameOID.COUNTRY_NAME, "FR"),
            _one(NameOID.STATE_OR_PROVINCE_NAME, holder.county),
            _one(NameOID.ORGANIZATION_NAME, holder.organization),
            _one(NameOID.ORGANIZATIONAL_UNIT_NAME, holder.organization_id),
            title,
            _one(NameOID.PSEUDONYM, holder.pseudonym),
            _one(NameOID.COMMON_NAME, holder.national_id),
        ]
    )


def certificate_builder(
    holder: Holder,
    profile: Profile,
    *,
    use: KeyUse,
    card_number: int,
    key: rsa.RSAPublicKey,
    serial: int,
    day: datetime,
) -> x509.CertificateBuilder:
    """The certificate of one key, without what its issuer adds: the issuer's name, key and addresses.

    Args:
        card_number: ten digits.
        day: the day from which `profile` counts, at midnight in UTC.
    """
    starts = day + profile.starts
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject(holder))
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(starts)
        .not_valid_after(starts + profile.lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_key_usage(use), critical=True)
    )
    authenticates = use is KeyUse.AUTHENTICATION
    usages = profile.extended_usages if authenticates else (ExtendedKeyUsageOID.EMAIL_PROTECTION,)
    policy = profile.policy if authenticates else SIGNATURE_POLICY
    builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    builder = builder.add_extension(_policies(policy), critical=False)
    if authenticates:
        name = x509.OtherName(_USER_PRINCIPAL_NAME, _der(0x0C, f"{holder.national_id}@carte-cps.fr".encode()))
        builder = builder.add_extension(x509.SubjectAlternativeName([name]), critical=False)
    for extension in (*_private_extensions(holder, profile, card_number), *profile.extensions):
        builder = builder.add_extension(extension, critical=False)
    return builder


def _one(kind: ObjectIdentifier, value: str) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName([x509.NameAttribute(kind, value)])


def _policies(policy: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(policy), None)])


def _key_usage(use: KeyUse) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=use is KeyUse.AUTHENTICATION,
        content_commitment=use is KeyUse.SIGNATURE,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private_extensions(holder: Holder, profile: Profile, card_number: int) -> Iterator[x509.UnrecognizedExtension]:
    card_id = f"{ISSUER_NUMBER}/{card_number:010d}"
    yield x509.UnrecognizedExtension(_CARD_TYPE, _integer(holder.card_type))
    yield x509.UnrecognizedExtension(_CARD_ID, _der(0x13, card_id.encode()))
    yield x509.UnrecognizedExtension(_CARD_CATEGORY, _der(0x04, bytes([profile.category])))
    if holder.profession is not None:
        yield x509.UnrecognizedExtension(_PROFESSION, _integer(holder.profession))
    if holder.specialities:
        each = b"".join(_der(0x0C, speciality.encode()) for speciality in holder.specialities)
        yield x509.UnrecognizedExtension(_SPECIALITIES, _der(0x30, each))


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    """One value of fewer than 128 octets."""
    return bytes([tag, len(content)]) + content
