"""The application's private key and its certificate, made at the first start in one file of the key folder.

The certificate is self-signed, because it only carries the key (SAML V2.0 Metadata
Interoperability Profile 1.0, section 2.6.1).
"""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

FILE = "saml-key.pem"
LIFETIME = timedelta(days=10 * 365)
BACKDATED = timedelta(minutes=5)  # the identity provider's clock may be behind ours


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The key that we sign and decrypt with."""

    private_key: str = field(repr=False)  # PEM
    certificate: str  # PEM


def key_pair_in(folder: Path) -> KeyPair:
    """The key pair in `folder`, which is made if it is missing.

    Raises:
        OSError: the folder cannot be written, or the file cannot be read.
        ValueError: the file does not contain a key and a certificate.
    """
    file = folder / FILE
    if not file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_atomically(file, _new_key_pair(folder.name))
    content = file.read_bytes()
    key = load_pem_private_key(content, password=None)
    return KeyPair(
        private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        certificate=x509.load_pem_x509_certificate(content).public_bytes(Encoding.PEM).decode(),
    )


def _write_atomically(file: Path, content: bytes) -> None:
    """Write a file that only we can read. If two processes write it, the first one's file stays."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".") as written:  # mode 0600
        written.write(content)
        written.flush()
        with suppress(FileExistsError):
            os.link(written.name, file)


def _new_key_pair(name: str) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name[:64] or "application")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIME)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)
