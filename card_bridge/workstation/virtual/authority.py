"""The test authority: three levels, with the shape of IGC-Santé and keys of its own.

Only the keys are kept, in a folder. Certificates are made of them when they are asked for, and are the same for
several processes on one day: their serial numbers follow from the card's number, and RSASSA-PKCS1-v1_5 has no random
part (RFC 8017 section 8.2).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, cached_property
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from card_bridge.workstation.virtual.key_store import KeyStore
from card_bridge.workstation.virtual.personas import PERSONAS, Persona
from card_bridge.workstation.virtual.profile import Issuer, KeyUse, certificate_builder

_AUTHORITIES_FROM: Final = datetime(2013, 6, 25, tzinfo=UTC)
_AUTHORITIES_UNTIL: Final = datetime(2033, 6, 24, tzinfo=UTC)
_ANY_POLICY: Final = ObjectIdentifier("2.5.29.32.0")


class Environment(Enum):
    """The two environments of IGC-Santé. The value is what the names of its authorities begin with."""

    REAL = ""
    TEST = "TEST "


@dataclass(frozen=True, slots=True)
class Signer:
    """An authority's certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCertificate:
    """A certificate of a card, in DER, and its key."""

    der: bytes
    key: rsa.RSAPrivateKey
    use: KeyUse


class Authority:
    """Issues the certificates of the personas.

    Args:
        folder: of its keys, which are made when they are needed.
        address: where its revocation lists, certificates and OCSP responder are served, without a slash at the end:
            `http://127.0.0.1:8431`. Certificates name it.
        day: from which the validity of certificates counts, in UTC; today by default.
        authority_bits: the size of the authorities' keys. Tests take 2,048: such a key is made in an instant.
    """

    def __init__(
        self,
        folder: Path,
        *,
        address: str,
        day: datetime | None = None,
        environment: Environment = Environment.TEST,
        authority_bits: int = 4096,
    ) -> None:
        self.address = address
        self.environment = environment
        self.day = (day or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0)
        self._keys = KeyStore(folder)
        self.bits = authority_bits
        self._signers: dict[tuple[Issuer, bool], Signer] = {}

    @classmethod
    def for_tests(cls, folder: Path, *, address: str = "http://127.0.0.1:1", day: datetime | None = None) -> Self:
        """An authority with small keys. Nothing is served at its address unless the test does so."""
        return cls(folder, address=address, day=day, authority_bits=2048)

    def root(self, issuer: Issuer) -> Signer:
        """The root above an intermediate authority."""
        return self._signer(issuer, is_root=True)

    def intermediate(self, issuer: Issuer) -> Signer:
        """The authority that issues the certificates of persons."""
        return self._signer(issuer, is_root=False)

    @cached_property
    def anchors(self) -> str:
        """The roots to trust, in PEM: FORT and STANDARD."""
        return _pem(self.root(issuer).certificate for issuer in (Issuer.FORT, Issuer.STANDARD))

    @cached_property
    def intermediates(self) -> str:
        """The intermediate authorities below the roots, in PEM."""
        return _pem(self.intermediate(issuer).certificate for issuer in (Issuer.FORT, Issuer.STANDARD))

    def issue(self, persona: Persona, *, use: KeyUse = KeyUse.AUTHENTICATION) -> IssuedCertificate:
        """The certificate of one key of a persona's card."""
        issuer = self.intermediate(persona.profile.issuer)
        key = self._keys.key(f"card-{persona.card_number}-{use.value}", persona.profile.key_bits)
        builder = certificate_builder(
            persona.holder,
            persona.profile,
            use=use,
            card_number=persona.card_number,
            key=key.public_key(),
            serial=serial_number(persona, use),
            day=self.day,
        )
        builder = self._with_issuer(builder, persona.profile.issuer, issuer, is_root=False)
        return IssuedCertificate(der=_signed(builder, issuer.key), key=key, use=use)

    def responder(self, issuer: Issuer) -> Signer:
        """The OCSP responder of an intermediate authority, which has delegated to it (RFC 6960 section 4.2.2.2)."""
        above = self.intermediate(issuer)
        key = self._keys.key(f"responder-{issuer.value}", 2048)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(self.environment, f"OCSP IGC-SANTE {issuer.name}"))
            .public_key(key.public_key())
            .serial_number(_serial(f"responder {issuer.value}"))
            .not_valid_before(self.day - timedelta(days=30))
            .not_valid_after(self.day + timedelta(days=365))
            .issuer_name(above.certificate.subject)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.OCSPNoCheck(), critical=False)
            .add_extension(_key_identifier_of(above.key), critical=False)
        )
        return Signer(builder.sign(above.key, SHA256()), key)

    @property
    def revocation_addresses(self) -> list[str]:
        """Of every revocation list: those of the roots, and those of the authorities below them."""
        return [
            f"{self.address}/CRL/{self.list_name(issuer, is_root=is_root)}.crl"
            for issuer in (Issuer.FORT, Issuer.STANDARD)
            for is_root in (True, False)
        ]

    @property
    def responder_address(self) -> str:
        return f"{self.address}/ocsp"

    def list_name(self, issuer: Issuer, *, is_root: bool) -> str:
        """The name that a revocation list and a certificate have in addresses: `ACI-FO-PP-TEST`."""
        level = f"ACR-{issuer.value}" if is_root else f"ACI-{issuer.value}-PP"
        return level + ("-TEST" if self.environment is Environment.TEST else "")

    def _signer(self, issuer: Issuer, *, is_root: bool) -> Signer:
        found = self._signers.get((issuer, is_root))
        if found is None:
            found = self._signers[(issuer, is_root)] = self._make_signer(issuer, is_root=is_root)
        return found

    def _make_signer(self, issuer: Issuer, *, is_root: bool) -> Signer:
        level = "root" if is_root else "persons"
        key = self._keys.key(f"authority-{self.environment.name.lower()}-{issuer.name.lower()}-{level}", self.bits)
        shown = Issuer.FORT.name if issuer is Issuer.UNKNOWN else issuer.name
        subject = _name(
            self.environment, f"AC RACINE IGC-SANTE {shown}" if is_root else f"AC IGC-SANTE {shown} PERSONNES"
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(key.public_key())
            .serial_number(_serial(f"{self.environment.name} {issuer.value} {level}"))
            .not_valid_before(_AUTHORITIES_FROM)
            .not_valid_after(_AUTHORITIES_UNTIL)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None if is_root else 0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
        )
        if is_root:
            return Signer(builder.issuer_name(subject).sign(key, SHA256()), key)
        policies = x509.CertificatePolicies([x509.PolicyInformation(_ANY_POLICY, None)])
        builder = builder.add_extension(policies, critical=False)
        above = self.root(issuer)
        return Signer(self._with_issuer(builder, issuer, above, is_root=True).sign(above.key, SHA256()), key)

    def _with_issuer(
        self, builder: x509.CertificateBuilder, issuer: Issuer, signer: Signer, *, is_root: bool
    ) -> x509.CertificateBuilder:
        """Add what the issuer says of itself: its name and key, its revocation list, its certificate, its responder."""
        name = self.list_name(issuer, is_root=is_root)
        addresses = [f"{self.address}/CRL/{name}.crl", f"ldap://127.0.0.1/cn={name},ou=CRL?certificaterevocationlist"]
        points = [
            x509.DistributionPoint([x509.UniformResourceIdentifier(address)], None, None, None) for address in addresses
        ]
        descriptions = [_access(AuthorityInformationAccessOID.CA_ISSUERS, f"{self.address}/AC/{name}.cer")]
        if not is_root:
            descriptions.insert(0, _access(AuthorityInformationAccessOID.OCSP, self.responder_address))
        return (
            builder.issuer_name(signer.certificate.subject)
            .add_extension(_key_identifier_of(signer.key), critical=False)
            .add_extension(x509.CRLDistributionPoints(points), critical=False)
            .add_extension(x509.AuthorityInformationAccess(descriptions), critical=False)
        )


def serial_number(persona: Persona, use: KeyUse) -> int:
    """The serial number of a certificate, which follows from the card's number."""
    return _serial(f"{persona.card_number} {use.value}")


def revoked_serial_numbers(personas: Iterable[Persona] = PERSONAS) -> frozenset[int]:
    """The serial numbers of both certificates of each revoked card."""
    return frozenset(serial_number(persona, use) for persona in personas if persona.is_revoked for use in KeyUse)


@cache
def _serial(text: str) -> int:
    return int.from_bytes(b"\x01" + hashlib.sha256(text.encode()).digest()[:15], "big")


def _name(environment: Environment, common_name: str) -> x509.Name:
    unit = "IGC-SANTE TEST" if environment is Environment.TEST else "IGC-SANTE"
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "AUTORITE VIRTUELLE"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "0002 000000000"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, environment.value + common_name),
        ]
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_identifier_of(key: rsa.RSAPrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _access(kind: ObjectIdentifier, address: str) -> x509.AccessDescription:
    return x509.AccessDescription(kind, x509.UniformResourceIdentifier(address))


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)


def _signed(builder: x509.CertificateBuilder, key: rsa.RSAPrivateKey) -> bytes:
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)
