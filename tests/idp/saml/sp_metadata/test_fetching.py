"""A document is fetched from its declared origin, within limits of time and size."""

import gzip
import ssl
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from config.http_client import HttpClient
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.fetching import Fetcher, HttpValidators
from tests.actors.server import Said
from tests.builders.metadata import a_signer

DOCUMENT = b"<metadata/>" * 1000


def a_fetcher(*, loopback=True, certificates=None):
    http_client = HttpClient(within=timedelta(seconds=10), loopback=loopback, certificates=certificates)
    return Fetcher(http_client=http_client, loopback_http=loopback)


def fetched(address, *, fetcher=None, at_most=1_000_000, validators=None):
    output = BytesIO()
    answered = (fetcher or a_fetcher()).fetch(address, output, at_most=at_most, validators=validators)
    return output.getvalue(), answered


def fault_of(address, **options):
    with pytest.raises(MetadataRefused) as refused:
        fetched(address, **options)
    return refused.value.fault


def test_a_document_is_fetched_with_its_validators(publisher):
    headers = {"ETag": '"7"', "Last-Modified": "Sun, 22 Nov 2026 08:00:00 GMT"}
    address = publisher.publishes(Said(body=DOCUMENT, headers=headers))
    assert fetched(address) == (DOCUMENT, HttpValidators(etag='"7"', last_modified="Sun, 22 Nov 2026 08:00:00 GMT"))


def test_gzip_is_decompressed(publisher):
    address = publisher.publishes(Said(body=gzip.compress(DOCUMENT), headers={"Content-Encoding": "gzip"}))
    assert fetched(address)[0] == DOCUMENT


def test_a_conditional_request_for_an_unchanged_document_returns_none(publisher):
    """RFC 9110, sections 13.1.2, 13.1.3 and 15.4.5."""
    address = publisher.publishes(Said(status=304))
    validators = HttpValidators(etag='"7"', last_modified="Sun, 22 Nov 2026 08:00:00 GMT")
    assert fetched(address, validators=validators) == (b"", None)
    headers = publisher.server.received[-1].headers
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"7"', "Sun, 22 Nov 2026 08:00:00 GMT")


def test_a_304_to_an_unconditional_request_is_refused(publisher):
    assert fault_of(publisher.publishes(Said(status=304))) is MetadataFault.UNREACHABLE


def test_redirects_within_the_origin_are_followed_a_few_times(publisher):
    publisher.publishes(Said(body=DOCUMENT), at="/new")
    address = publisher.publishes(Said(status=302, headers={"Location": "/new"}))
    assert fetched(address)[0] == DOCUMENT
    assert fault_of(publisher.publishes(Said(status=302, headers={"Location": "/loop"}), at="/loop")) is (
        MetadataFault.REDIRECTED
    )


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (Said(status=404), MetadataFault.NO_SUCH_ENTITY),
        (Said(status=500), MetadataFault.UNREACHABLE),
        (Said(status=206, body=b"<half"), MetadataFault.UNREACHABLE),
        (Said(headers={"Content-Encoding": "br"}, body=b"x"), MetadataFault.UNREACHABLE),
        (Said(headers={"Content-Encoding": "gzip"}, body=b"no gzip"), MetadataFault.NOT_XML),
        (Said(headers={"Content-Encoding": "gzip"}, body=gzip.compress(DOCUMENT)[:-9]), MetadataFault.NOT_XML),
    ],
)
def test_other_answers_are_refused(publisher, said, fault):
    assert fault_of(publisher.publishes(said)) is fault


def test_a_document_of_one_octet_more_than_the_limit_is_refused(publisher):
    address = publisher.publishes(Said(body=DOCUMENT))
    assert fetched(address, at_most=len(DOCUMENT))[0] == DOCUMENT
    assert fault_of(address, at_most=len(DOCUMENT) - 1) is MetadataFault.TOO_LARGE


def test_a_validator_that_could_not_be_sent_back_is_dropped(publisher):
    address = publisher.publishes(Said(body=DOCUMENT, headers={"ETag": '"' + "x" * 300 + '"'}))
    assert fetched(address)[1] == HttpValidators()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://federation.example/", "https://a:b@host/", "x"])
def test_only_https_addresses_are_fetched(address):
    assert fault_of(address) is MetadataFault.UNREACHABLE


def test_plain_http_and_loopback_addresses_are_for_development(publisher):
    address = publisher.publishes(Said(body=DOCUMENT))
    assert fault_of(address, fetcher=a_fetcher(loopback=False)) is MetadataFault.UNREACHABLE
    assert publisher.asked == []


def test_a_server_that_is_down_is_unreachable():
    assert fault_of("http://127.0.0.1:1/metadata") is MetadataFault.UNREACHABLE


# --- TLS ----------------------------------------------------------------------------------


@pytest.fixture
def tls_server(tmp_path):
    """A server with a self-signed certificate for `localhost`."""
    signer = a_signer("tls.exemple.test")
    key = load_pem_private_key(signer.private_key, None)
    original = x509.load_pem_x509_certificate(signer.pem.encode())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(original.subject)
        .issuer_name(original.issuer)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(original.not_valid_before_utc)
        .not_valid_after(original.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = tmp_path / "tls.pem", tmp_path / "tls.key"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    private.write_bytes(signer.private_key)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(DOCUMENT)))
            self.end_headers()
            self.wfile.write(DOCUMENT)

        def log_message(self, *_): ...

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_): ...

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    with Quiet(("127.0.0.1", 0), Handler) as listening:
        listening.socket = context.wrap_socket(listening.socket, server_side=True)
        running = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        yield pem, listening.server_port
        listening.shutdown()
        running.join()


def test_tls_certificates_must_be_signed_by_a_trusted_authority(tls_server):
    pem, port = tls_server
    assert fault_of(f"https://localhost:{port}/") is MetadataFault.UNREACHABLE
    trusting = a_fetcher(certificates=ssl.create_default_context(cafile=str(pem)))
    assert fetched(f"https://localhost:{port}/", fetcher=trusting)[0] == DOCUMENT


def test_a_certificate_for_another_name_is_refused(tls_server):
    pem, port = tls_server
    trusting = a_fetcher(certificates=ssl.create_default_context(cafile=str(pem)))
    assert fault_of(f"https://127.0.0.1:{port}/", fetcher=trusting) is MetadataFault.UNREACHABLE
