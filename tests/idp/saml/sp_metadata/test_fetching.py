"""A document is fetched from where it was declared to be, within bounds of time and size."""

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


def test_a_document_comes_whole_and_with_what_to_ask_again_by(publisher):
    headers = {"ETag": '"7"', "Last-Modified": "Sun, 22 Nov 2026 08:00:00 GMT"}
    address = publisher.publishes(Said(body=DOCUMENT, headers=headers))
    assert fetched(address) == (DOCUMENT, HttpValidators(etag='"7"', last_modified="Sun, 22 Nov 2026 08:00:00 GMT"))


def test_gzip_is_taken(publisher):
    address = publisher.publishes(Said(body=gzip.compress(DOCUMENT), headers={"Content-Encoding": "gzip"}))
    assert fetched(address)[0] == DOCUMENT


def test_what_was_seen_is_said_and_an_unchanged_document_is_not_sent(publisher):
    """RFC 9110, sections 13.1.2, 13.1.3 and 15.4.5."""
    address = publisher.publishes(Said(status=304))
    seen = HttpValidators(etag='"7"', last_modified="Sun, 22 Nov 2026 08:00:00 GMT")
    assert fetched(address, validators=seen) == (b"", None)
    headers = publisher.server.received[-1].headers
    assert (headers["If-None-Match"], headers["If-Modified-Since"]) == ('"7"', "Sun, 22 Nov 2026 08:00:00 GMT")


def test_that_nothing_changed_is_no_answer_to_who_has_seen_nothing(publisher):
    assert fault_of(publisher.publishes(Said(status=304))) is MetadataFault.UNREACHABLE


def test_a_redirect_to_the_same_origin_is_followed_and_not_for_ever(publisher):
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
def test_what_is_no_whole_document_is_refused(publisher, said, fault):
    assert fault_of(publisher.publishes(said)) is fault


def test_one_octet_more_than_the_bound_is_too_many(publisher):
    address = publisher.publishes(Said(body=DOCUMENT))
    assert fetched(address, at_most=len(DOCUMENT))[0] == DOCUMENT
    assert fault_of(address, at_most=len(DOCUMENT) - 1) is MetadataFault.TOO_LARGE


def test_a_header_that_could_not_be_sent_back_is_not_kept(publisher):
    address = publisher.publishes(Said(body=DOCUMENT, headers={"ETag": '"' + "x" * 300 + '"'}))
    assert fetched(address)[1] == HttpValidators()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://federation.example/", "https://a:b@host/", "x"])
def test_what_is_no_https_address_is_not_asked(address):
    assert fault_of(address) is MetadataFault.UNREACHABLE


def test_plain_http_and_this_machine_are_for_development(publisher):
    address = publisher.publishes(Said(body=DOCUMENT))
    assert fault_of(address, fetcher=a_fetcher(loopback=False)) is MetadataFault.UNREACHABLE
    assert publisher.asked == []


def test_a_server_that_is_not_there_is_said_to_be_unreachable():
    assert fault_of("http://127.0.0.1:1/metadata") is MetadataFault.UNREACHABLE


# --- TLS ----------------------------------------------------------------------------------


@pytest.fixture
def tls_server(tmp_path):
    """One whose certificate is for `localhost`, and signed by nobody that the machine knows."""
    signer = a_signer("tls.exemple.test")
    key = load_pem_private_key(signer.private_key, None)
    of_its_own = x509.load_pem_x509_certificate(signer.pem.encode())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(of_its_own.subject)
        .issuer_name(of_its_own.issuer)
        .public_key(key.public_key())
        .serial_number(2)
        .not_valid_before(of_its_own.not_valid_before_utc)
        .not_valid_after(of_its_own.not_valid_after_utc)
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


def test_https_is_verified_against_the_machine_s_authorities(tls_server):
    pem, port = tls_server
    assert fault_of(f"https://localhost:{port}/") is MetadataFault.UNREACHABLE
    trusting = a_fetcher(certificates=ssl.create_default_context(cafile=str(pem)))
    assert fetched(f"https://localhost:{port}/", fetcher=trusting)[0] == DOCUMENT


def test_a_certificate_for_another_name_is_refused(tls_server):
    pem, port = tls_server
    trusting = a_fetcher(certificates=ssl.create_default_context(cafile=str(pem)))
    assert fault_of(f"https://127.0.0.1:{port}/", fetcher=trusting) is MetadataFault.UNREACHABLE
