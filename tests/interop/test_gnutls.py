"""TLS with the virtual CPS3, by GnuTLS and OpenSC's PKCS#11 module: what a browser does at the third door.

A CPS3 makes no RSASSA-PSS signature, which TLS 1.3 demands (RFC 8446 section 4.2.3): it needs TLS 1.2.
"""

import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from socket import create_server
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.vpcd import VpcdReader
from tests.interop.gnutls import gnutls_with_card
from tests.pcscd import SmartCardService
from tests.processes import until

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def server_files(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the server, and the authorities that it accepts certificates of."""
    folder = tmp_path_factory.mktemp("tls")
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(authority.day)
        .not_valid_after(authority.day + timedelta(days=2))
        .sign(key, SHA256())
    )
    (folder / "server.pem").write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "authorities.pem").write_text(authority.anchors + authority.intermediates, encoding="ascii")
    return folder


@contextmanager
def _server(folder: Path, version: ssl.TLSVersion) -> Iterator[tuple[int, SimpleQueue[bytes | None]]]:
    """A server of one connection that demands a certificate. It tells the certificate, or None."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "authorities.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    seen: SimpleQueue[bytes | None] = SimpleQueue()

    def answer() -> None:
        accepted, _ = listener.accept()
        try:
            with context.wrap_socket(accepted, server_side=True) as connection:
                seen.put(connection.getpeercert(binary_form=True))
        except (ssl.SSLError, OSError):
            seen.put(None)

    with create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1], seen
        thread.join(60)


@pytest.fixture
def doctor(pcscd: SmartCardService, card_slot: VpcdReader, authority: Authority) -> bytes:
    """The physician's CPS3 in the reader; its certificate."""
    card_slot.insert(make_card(personas.DOCTOR, authority))
    until(pcscd.sees_card, what="the card")
    return authority.issue(personas.DOCTOR).der


def _connects(pcscd: SmartCardService, port: int, version: str, home: Path) -> None:
    command = gnutls_with_card(port, version)
    environment = os.environ | pcscd.environment | {"HOME": str(home)}
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)


def test_the_card_proves_its_key_in_tls_1_2(pcscd, doctor, server_files, tmp_path):
    with _server(server_files, ssl.TLSVersion.TLSv1_2) as (port, seen):
        _connects(pcscd, port, "TLS1.2", tmp_path)
    assert seen.get(timeout=60) == doctor


def test_the_card_cannot_do_so_in_tls_1_3(pcscd, doctor, server_files, tmp_path):
    with _server(server_files, ssl.TLSVersion.TLSv1_3) as (port, seen):
        _connects(pcscd, port, "TLS1.3", tmp_path)
    assert seen.get(timeout=60) is None
