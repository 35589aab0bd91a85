"""Certificates and revocation lists that are wrong in one way, signed by the authority that the test names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from card_bridge.workstation.virtual.authority import Authority, IssuedCertificate, Signer
from card_bridge.workstation.virtual.personas import DOCTOR, Persona
from card_bridge.workstation.virtual.profile import Issuer, KeyUse, certificate_builder

_SHA256_WITH_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
_PSS_WITHOUT_PARAMETERS = bytes.fromhex("300b06092a864886f70d01010a")
UNKNOWN_EXTENSION = x509.ObjectIdentifier("1.2.250.1.99999.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forged:
    """How a certificate is made. The signer's name and key are the issuer's unless they are given."""

    persona: Persona = DOCTOR
    use: KeyUse = KeyUse.AUTHENTICATION
    signer: Signer
    issuer_name: x509.Name | None = None
    subject: x509.Name | None = None
    key: rsa.RSAPrivateKey | None = None
    key_identifier_of: rsa.RSAPublicKey | None = None
    serial: int = 0x0123456789ABCDEF
    without: Sequence[x509.ObjectIdentifier] = ()
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = field(default_factory=list)
    addresses: Sequence[str] = ("http://127.0.0.1:1/CRL/any.crl",)


def forged(made: Forged) -> IssuedCertificate:
    """The certificate and its key."""
    key = made.key or rsa.generate_private_key(65537, 2048)
    builder = certificate_builder(
        made.persona.holder,
        made.persona.profile,
        use=made.use,
        card_number=made.persona.card_number,
        key=key.public_key(),
        serial=made.serial,
        day=datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
    )
    named = made.key_identifier_of or made.signer.key.public_key()
    points = [
        x509.DistributionPoint([x509.UniformResourceIdentifier(each)], None, None, None) for each in made.addresses
    ]
    added = [
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(named), False),
        (x509.CRLDistributionPoints(points), False),
        *made.extensions,
    ]
    replaced = {*made.without, *(each.oid for each, _ in added)}
    kept = [each for each in builder._extensions if each.oid not in replaced]
    builder = x509.CertificateBuilder(
        issuer_name=made.issuer_name or made.signer.certificate.subject,
        subject_name=made.subject or builder._subject_name,
        public_key=builder._public_key,
        serial_number=builder._serial_number,
        not_valid_before=builder._not_valid_before,
        not_valid_after=builder._not_valid_after,
        extensions=kept,
    )
    for extension, is_critical in added:
        builder = builder.add_extension(extension, critical=is_critical)
    return IssuedCertificate(
        der=builder.sign(made.signer.key, SHA256()).public_bytes(Encoding.DER), key=key, use=made.use
    )


def without_parameters(der: bytes) -> bytes:
    """The certificate or list, signed by RSASSA-PSS without its parameters: in DER, and RFC 4055 requires them."""
    assert der.count(_SHA256_WITH_RSA) == 2
    changed = bytearray(der.replace(_SHA256_WITH_RSA, _PSS_WITHOUT_PARAMETERS))
    shorter = len(_SHA256_WITH_RSA) - len(_PSS_WITHOUT_PARAMETERS)
    for start, by in ((2, 2 * shorter), (6, shorter)):  # the lengths of the whole and of what is signed
        changed[start : start + 2] = (int.from_bytes(changed[start : start + 2], "big") - by).to_bytes(2, "big")
    return bytes(changed)


def with_an_unused_bit(written: Callable[[int], bytes]) -> bytes:
    """The certificate or list that is written with a number, and has a signature of which the last bit is said unused.

    Its last bit is a zero, so that the parser reads the same signature.
    """
    der = bytearray(next(der for der in map(written, count(1)) if not der[-1] & 1))
    unused = -1 - 2048 // 8  # the first octet of the bit string says how many bits are not used
    assert der[unused] == 0
    der[unused] = 1
    return bytes(der)


def a_stranger(name: x509.Name) -> Signer:
    """An authority with this name that has signed itself with a key of its own."""
    key = rsa.generate_private_key(65537, 2048)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    )
    return Signer(builder.sign(key, SHA256()), key)


def a_list(
    signer: Signer,
    *,
    revoked: Sequence[int] = (),
    at: datetime | None = None,
    lasts: timedelta = timedelta(days=2),
    number: int | None = None,
    name: x509.Name | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    hash_algorithm: Any = None,
) -> bytes:
    """A revocation list in DER, in the name of its signer unless another is given."""
    at = at or datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(name or signer.certificate.subject)
        .last_update(at)
        .next_update(at + lasts)
    )
    if number is not None:
        builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, critical=is_critical)
    for serial in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(signer.key, hash_algorithm or SHA256()).public_bytes(Encoding.DER)


def fort(authority: Authority) -> Signer:
    """The authority that issues the cards of professionals."""
    return authority.intermediate(Issuer.FORT)
