"""Keys of service providers, made for one run and gone with its folder: none is ever stored in the tree."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """Two PEM files."""

    key: Path
    certificate: Path


def make_key_pair(folder: Path, name: str) -> KeyPair:
    """An RSA key and its self-signed certificate, `name`.key and `name`.crt in `folder`."""
    made = KeyPair(key=folder / f"{name}.key", certificate=folder / f"{name}.crt")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    called = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
        .sign(key, hashes.SHA256())
    )
    made.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return made
