"""Calls to other people's servers: what their answers may do to us is bounded."""

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from config import http_client
from config.http_client import AT_MOST, HttpClient, HttpFailed
from tests.actors.server import Said, a_server
from tests.processes import PATIENCE

SOON = timedelta(seconds=0.6)
PATIENTLY = timedelta(seconds=PATIENCE)
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def server():
    with a_server() as listening:
        yield listening


@pytest.fixture
def calls():
    return HttpClient(within=PATIENTLY, loopback=True)


@pytest.fixture
def hurried_calls():
    return HttpClient(within=SOON, loopback=True)


def test_a_call_sends_its_headers_and_returns_the_answer(server, calls):
    server.says = lambda _: Said(status=400, content_type="application/json; charset=utf-8", body=b'{"error":"x"}')
    answer = calls.post(f"{server.address}/logout?a=b", b"logout_token=t", content_type=FORM)
    assert (answer.status, answer.content_type, answer.body) == (400, "application/json", b'{"error":"x"}')
    [came] = server.received
    assert (came.method, came.path, came.body) == ("POST", "/logout?a=b", b"logout_token=t")
    assert came.headers["Content-Type"] == FORM
    assert came.headers["Host"] == server.address.removeprefix("http://")


def test_no_redirection_is_followed(server, calls):
    """Prevents: an application's server that sends our call on to another of the network."""
    server.says = lambda _: Said(status=307, headers={"Location": f"{server.address}/elsewhere"})
    assert calls.post(server.address, b"", content_type=FORM).status == 307
    assert len(server.received) == 1


def test_no_proxy_is_taken_from_the_environment(server, calls, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert calls.post(server.address, b"", content_type=FORM).status == 200


def test_an_answer_that_is_too_large_is_not_read(server, calls):
    server.says = lambda _: Said(body=b"x" * (AT_MOST + 1))
    with pytest.raises(HttpFailed):
        calls.post(server.address, b"", content_type=FORM)


@pytest.mark.slow
def test_a_slow_answer_is_cut_at_the_deadline(hurried_calls):
    """Prevents: a server that holds our thread for ever, one octet before each time limit of the socket."""
    dripping = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def drip():
        connection, _ = dripping.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"X-A: b\r\n")
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        with pytest.raises(HttpFailed):  # it would last until the test is ended
            hurried_calls.post(f"http://127.0.0.1:{dripping.getsockname()[1]}/", b"", content_type=FORM)
    finally:
        stop.set()
        thread.join()
        dripping.close()


def test_an_answer_that_is_not_http_is_refused(calls):
    babbling = socket.create_server(("127.0.0.1", 0))

    def babble():
        connection, _ = babbling.accept()
        with connection:
            connection.sendall(b"\x00\xff" * 100 + b"\r\n\r\n")

    thread = threading.Thread(target=babble)
    thread.start()
    with pytest.raises(HttpFailed):
        calls.post(f"http://127.0.0.1:{babbling.getsockname()[1]}/", b"", content_type=FORM)
    thread.join()
    babbling.close()


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_not_called_again_at_once(hurried_calls, monkeypatch):
    """Prevents: each of a thousand logouts waiting its turn for a server that is down."""
    monkeypatch.setattr(http_client, "PAUSE_AFTER_FAILURE", 2 * PATIENCE)
    silent = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    with pytest.raises(HttpFailed):
        hurried_calls.post(address, b"", content_type=FORM)
    silent.accept()[0].close()
    silent.setblocking(False)
    with pytest.raises(HttpFailed):
        hurried_calls.post(address, b"", content_type=FORM)
    with pytest.raises(BlockingIOError):  # nobody has connected a second time
        silent.accept()
    monkeypatch.setattr(http_client, "PAUSE_AFTER_FAILURE", 0.0)
    silent.close()
    with pytest.raises(HttpFailed):
        hurried_calls.post(address, b"", content_type=FORM)


# --- where we may be sent to --------------------------------------------------------------


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}/", "http://localhost:{port}/"])
def test_this_machine_is_not_called_outside_development(server, address):
    """Prevents: a registered address, or a name that comes to resolve so, that reaches what listens here only."""
    port = server.address.rpartition(":")[2]
    with pytest.raises(HttpFailed):
        HttpClient(within=PATIENTLY, loopback=False).post(address.format(port=port), b"", content_type=FORM)
    assert server.received == []


@pytest.mark.parametrize("loopback", [True, False])
def test_only_https_is_called(loopback):
    for address in ("http://10.0.0.1/", "ftp://app.example/", "file:///etc/passwd", "app.example"):
        with pytest.raises(HttpFailed):
            HttpClient(within=PATIENTLY, loopback=loopback).post(address, b"", content_type=FORM)


def test_the_address_is_checked_again_after_the_connection(server, monkeypatch):
    """Prevents: a name that has another address at the connection than at the check, and then leads to this machine."""
    answers = iter([True, False])
    monkeypatch.setattr(http_client, "may_be_called", lambda _address, **_: next(answers))
    with pytest.raises(HttpFailed):
        HttpClient(within=PATIENTLY, loopback=True).post(server.address, b"", content_type=FORM)
    assert server.received == []


# --- TLS ------------------------------------------------------------------------------------


def self_signed(host: str) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


@pytest.fixture
def secure_server(tmp_path):
    """At https://localhost, with a certificate that names it and that nobody else vouches for."""
    certificate, key = self_signed("localhost")
    (tmp_path / "both.pem").write_bytes(certificate + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "both.pem")
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(PATIENCE)

    def serve():
        with listening:
            try:
                accepted, _ = listening.accept()
                with context.wrap_socket(accepted, server_side=True) as connection:
                    connection.settimeout(PATIENCE)
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"localhost:{listening.getsockname()[1]}", certificate.decode()
    thread.join()


def test_a_server_with_a_trusted_certificate_of_its_name_is_called(secure_server):
    host, certificate = secure_server
    trusting = ssl.create_default_context(cadata=certificate)
    calls = HttpClient(within=PATIENTLY, loopback=True, certificates=trusting)
    assert calls.post(f"https://{host}/", b"", content_type=FORM).status == 204


def test_a_server_with_an_untrusted_certificate_is_not_called(secure_server):
    host, _ = secure_server
    with pytest.raises(HttpFailed):
        HttpClient(within=PATIENTLY, loopback=True).post(f"https://{host}/", b"", content_type=FORM)


def test_a_server_with_the_certificate_of_another_name_is_not_called(secure_server):
    host, certificate = secure_server
    trusting = ssl.create_default_context(cadata=certificate)
    calls = HttpClient(within=PATIENTLY, loopback=True, certificates=trusting)
    with pytest.raises(HttpFailed):
        calls.post(f"https://127.0.0.1:{host.rpartition(':')[2]}/", b"", content_type=FORM)


def test_plain_http_is_for_documents_that_are_signed_themselves(server):
    """Revocation lists are at http addresses. This machine stays out of reach where it is not allowed."""
    address = server.address.replace("127.0.0.1", "localhost")
    for plain_http in (False, True):
        with pytest.raises(HttpFailed):
            HttpClient(within=PATIENTLY, loopback=False, plain_http=plain_http).post(address, b"", content_type=FORM)
    assert server.received == []
    assert (
        HttpClient(within=PATIENTLY, loopback=True, plain_http=True).post(address, b"", content_type=FORM).status == 200
    )
