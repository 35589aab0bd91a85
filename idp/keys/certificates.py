"""The self-signed certificates of our signing keys. SAML needs one for each key; OpenID Connect needs none.

A certificate only carries a public key (SAML V2.0 Metadata Interoperability Profile 1.0 section 2.6.1). It is made
once, with its key, and never renewed. It lasts five years because some service providers check its end date. The key is
removed long before that: it is next, current and previous for at most a year each.
"""

from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=5 * 365)
BACKDATED = timedelta(minutes=5)  # a service provider's clock may be behind ours
LONGEST_COMMON_NAME = 64  # RFC 5280 appendix A.1, ub-common-name

KeyType = Literal["rsa", "ec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIdentity:
    """A private key and its certificate."""

    kid: str
    private_key: bytes = field(repr=False)  # PEM (PKCS #8), not encrypted
    certificate: str  # DER in base64, as in ds:X509Certificate
    key_type: KeyType


def self_signed(key: RSAPrivateKey | EllipticCurvePrivateKey, *, host: str, now: datetime) -> str:
    """The certificate of `key` for the identity provider at `host`, as DER in base64."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:LONGEST_COMMON_NAME])])
    encrypts = isinstance(key, RSAPrivateKey)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=encrypts,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
    return b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")


def load_certificate(certificate: str) -> x509.Certificate:
    """The certificate that `certificate` encodes (DER in base64).

    Raises:
        ValueError: `certificate` is not a certificate.
    """
    return x509.load_der_x509_certificate(b64decode(certificate))


def made_at(certificate: str) -> datetime:
    """When one of our certificates was made. Our metadata did not contain its key before."""
    return load_certificate(certificate).not_valid_before_utc + BACKDATED


def ends_at(certificate: str) -> datetime:
    return load_certificate(certificate).not_valid_after_utc


def as_pem(certificate: str) -> str:
    """The certificate in PEM, which the administrator of an application receives."""
    return load_certificate(certificate).public_bytes(Encoding.PEM).decode("ascii")


def days_left(certificate: str, now: datetime) -> int:
    """Whole days until the certificate ends; negative when it has ended."""
    return (ends_at(certificate) - now.astimezone(UTC)).days
