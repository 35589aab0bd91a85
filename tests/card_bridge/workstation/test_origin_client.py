"""Calls of the bridge to a service over TLS: only a certificate of a trusted authority, for that very name."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from card_bridge.workstation.origin_client import OriginClient, ServiceUnreachable
from tests.card_bridge.workstation.service import Service, running_service
from tests.ports import free_port
from tests.processes import allowance


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A self-signed certificate for `name`, in `folder`/server.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running_service(lambda _m, _p, _b: (200, {"fine": True}), tls=certificate(tmp_path, "localhost")) as running:
        yield running


def test_a_certificate_of_the_configured_authority_is_accepted(service, tmp_path):
    client = OriginClient(user_agent="card-bridge", ca_file=tmp_path / "server.pem")
    assert client.get(f"{service.origin}/x") == {"fine": True}
    assert client.post(f"{service.origin}/x", {"token": "a"}) == {"fine": True}


def test_a_certificate_that_the_system_does_not_trust_is_refused(service):
    with pytest.raises(ServiceUnreachable, match="not trusted"):
        OriginClient(user_agent="card-bridge").get(f"{service.origin}/x")
    assert service.received == []


def test_a_certificate_for_another_name_is_refused(tmp_path):
    with running_service(lambda _m, _p, _b: (200, {}), tls=certificate(tmp_path, "other.example")) as service:
        client = OriginClient(user_agent="card-bridge", ca_file=tmp_path / "server.pem")
        with pytest.raises(ServiceUnreachable, match="not trusted"):
            client.get(f"{service.origin}/x")
    assert service.received == []


def test_an_error_does_not_repeat_the_address(tmp_path):
    with pytest.raises(ServiceUnreachable) as refused:
        OriginClient(user_agent="card-bridge").get(f"http://127.0.0.1:{free_port()}/card/hand-off/secret")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nothing", "another protocol", "a line without end", "too many fields", "chunks that are none"],
)
def test_an_answer_that_is_not_http_is_none(sent):
    """What a proxy or a service that stops in the middle sends: the caller says so, or tries again."""
    with answering(lambda connection: connection.sendall(sent)) as origin, pytest.raises(ServiceUnreachable):
        OriginClient(user_agent="card-bridge").post(f"{origin}/card/removed", {"token": "a"})


def a_call() -> None:
    """To a service that answers at once."""
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with answering(lambda connection: connection.sendall(said)) as origin:
        assert OriginClient(user_agent="card-bridge").get(f"{origin}/x") == {}


def drip(connection: socket.socket) -> None:
    """An octet from time to time, for as long as the other side listens."""
    with suppress(OSError):
        while True:
            connection.sendall(b"x")
            Event().wait(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n\r\n{",
        b"HTTP/1.1 500 Error\r\nContent-Length: 9999\r\n\r\n",
    ],
    ids=["status line", "head", "body", "body without a length", "body of an error"],
)
def test_a_service_that_drips_is_left_at_the_deadline(begun):
    def answer(connection: socket.socket) -> None:
        connection.sendall(begun)
        drip(connection)

    client = OriginClient(user_agent="card-bridge", within=0.4)
    most = 5 + allowance(a_call)
    began = time.monotonic()
    with answering(answer) as origin, pytest.raises(ServiceUnreachable, match=r"in time|error"):
        client.get(f"{origin}/x")
    assert time.monotonic() - began < most


@pytest.mark.slow
@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 Connection established\r\nX: "], ids=["TLS", "a proxy"])
def test_tls_and_the_tunnel_of_a_proxy_have_the_same_deadline(begun, monkeypatch):
    def answer(connection: socket.socket) -> None:
        connection.sendall(begun)
        if begun:
            drip(connection)
        else:
            while connection.recv(65_536):  # until the client has gone
                pass

    client = OriginClient(user_agent="card-bridge", within=0.4)
    most = 2 + allowance(a_call)
    began = time.monotonic()
    with answering(answer) as origin:
        if begun:
            monkeypatch.setenv("https_proxy", origin)
            monkeypatch.delenv("no_proxy", raising=False)
        with pytest.raises(ServiceUnreachable, match="in time"):
            client.get("https://id.example/x" if begun else f"{origin.replace('http:', 'https:')}/x")
    assert time.monotonic() - began < most


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads the beginning of one request, and has `answer` write to its connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65_536)
                answer(connection)

        Thread(target=run, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
