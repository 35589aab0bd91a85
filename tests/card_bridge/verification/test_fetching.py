"""Lists and responses are fetched from the addresses of the settings, checked, and kept; the last good one stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from cryptography import x509

from card_bridge.identity import CardIdentity
from card_bridge.verification.fetching import RevocationFetching
from card_bridge.verification.lists import LARGEST_LIST
from card_bridge.verification.ocsp import OcspResponses
from card_bridge.verification.refusals import Refusal
from card_bridge.workstation.virtual.authority import revoked_serial_numbers
from card_bridge.workstation.virtual.personas import DOCTOR, NURSE, REVOKED
from card_bridge.workstation.virtual.profile import Issuer
from card_bridge.workstation.virtual.revocation import ocsp_answer, revocation_list
from config.http_client import HttpClient
from tests.builders.card_trust import CardTrust, an_assertion, card_trust, issued

LISTS = {
    f"/{'root-' if is_root else ''}{issuer.value}.crl": (issuer, is_root)
    for issuer in (Issuer.FORT, Issuer.STANDARD)
    for is_root in (True, False)
}


class Publisher:
    """What the authority serves, and what was asked of it."""

    def __init__(self, authority):
        self.authority = authority
        self.revoked = revoked_serial_numbers()
        self.at = datetime.now(UTC)
        self.lasts = timedelta(days=2)
        self.instead: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.instead:
            return self.instead[path]
        if path == "/ocsp":
            return 200, ocsp_answer(self.authority, body, revoked=self.revoked, now=self.at)
        issuer, is_root = LISTS[path]
        revoked = () if is_root else self.revoked
        return 200, revocation_list(
            self.authority, issuer, revoked=revoked, now=self.at, is_root=is_root, lasts=self.lasts
        )


@contextmanager
def serving(publisher: Publisher) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            length = int(self.headers.get("Content-Length", 0))
            status, body = publisher.answer(self.path, self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def publisher(authority):
    return Publisher(authority)


@pytest.fixture
def untold(authority, database, tmp_path) -> CardTrust:
    return card_trust(authority, tmp_path / "authorities", database)


@pytest.fixture
def fetching(untold, publisher, database):
    with serving(publisher) as address:
        yield RevocationFetching(
            lists=untold.lists,
            responses=OcspResponses(database, {each.id: each for each in untold.authorities.all}),
            records=untold.records,
            http_client=HttpClient(within=timedelta(seconds=20), loopback=True, plain_http=True),
            sources=[f"{address}{path}" for path in LISTS],
            ocsp_address=f"{address}/ocsp",
            refresh=timedelta(hours=1),
            certificates=lambda: [serial_of(untold, persona) for persona in (DOCTOR, NURSE, REVOKED)],
        )


def serial_of(trust, persona):
    fort = trust.authority.intermediate(Issuer.FORT).certificate.subject.public_bytes()
    [authority] = trust.authorities.with_subject(fort)
    return authority.id, x509.load_der_x509_certificate(issued(trust.authority, persona).der).serial_number


def test_the_lists_are_fetched_and_cards_are_believed(fetching, untold, publisher):
    now = publisher.at
    assert [(each.has_changed, each.failure) for each in fetching.fetch_due(now)] == [(True, "")] * 4
    assert isinstance(untold.verdict_on(DOCTOR), CardIdentity)
    assert untold.verdict_on(REVOKED) is Refusal.REVOKED
    [state, *_] = [each for each in fetching.states() if "PERSONNES" in each.authority]
    assert (state.entries, state.failure, state.is_fresh(now)) == (2, None, True)


def test_a_list_is_fetched_once_an_hour_and_again_soon_after_a_failure(fetching, publisher):
    now = publisher.at
    fetching.fetch_due(now)
    assert fetching.fetch_due(now + timedelta(minutes=59)) == []
    publisher.instead["/FO.crl"] = (503, b"")
    assert len(fetching.fetch_due(now + timedelta(minutes=61))) == 4
    assert fetching.fetch_due(now + timedelta(minutes=65)) == []
    [failed] = fetching.fetch_due(now + timedelta(minutes=66))
    assert "was not reached" in failed.failure


@pytest.mark.parametrize("body", [b"", b"\x00" * 100, b"<html>not found</html>", b"\x30\x82\xff\xff"], ids=repr)
def test_what_is_no_list_leaves_the_last_good_one(fetching, untold, publisher, body):
    fetching.fetch_due(publisher.at)
    publisher.instead["/FO.crl"] = (200, body)
    failed = [each for each in fetching.fetch_due(publisher.at, all_of_them=True) if each.failure]
    assert [each.failure for each in failed] == ["it is not a revocation list in DER or PEM"]
    assert isinstance(untold.verdict_on(DOCTOR), CardIdentity)


def test_a_list_that_is_too_large_is_not_read(fetching, publisher):
    publisher.instead["/FO.crl"] = (200, bytes(LARGEST_LIST + 2))
    failed = [each for each in fetching.fetch_due(publisher.at) if each.failure]
    assert len(failed) == 1
    assert "was not reached" in failed[0].failure


def test_this_machine_is_never_called_outside_development(fetching, untold, publisher, database):
    fetching._http_client = HttpClient(within=timedelta(seconds=20), loopback=False, plain_http=True)
    assert all(each.failure for each in fetching.fetch_due(publisher.at))
    assert publisher.asked == []


def test_an_address_that_is_no_longer_a_setting_is_forgotten(fetching, untold, publisher):
    fetching.fetch_due(publisher.at)
    untold.lists.forget_others([])
    assert untold.verdict_on(DOCTOR) is Refusal.REVOCATION_UNKNOWN
    assert [each.failure for each in fetching.states()] == ["it was never fetched"] * 4


def test_the_responder_is_asked_only_while_no_list_is_fresh(fetching, untold, publisher):
    fetching.fetch_due(publisher.at)
    assert fetching.ask_about_cards(publisher.at) == 0
    later = publisher.at + timedelta(days=3)
    publisher.at = later
    publisher.instead |= dict.fromkeys(("/FO.crl", "/root-FO.crl"), (503, b""))
    fetching.fetch_due(later)

    assert fetching.ask_about_cards(later) == 3

    assert fetching.ask_about_cards(later) == 0
    fort, doctor = serial_of(untold, DOCTOR)
    assert untold.records.has_fresh_response(fort, doctor, later)


def test_a_response_says_that_a_card_is_good_or_revoked_for_good(authority, untold, fetching, publisher):
    now = publisher.at
    untold.publish(at=now - timedelta(days=9), lasts=timedelta(days=1), revoked=())
    untold.publish_roots(at=now)
    doctor = an_assertion(issued(authority))
    assert untold.verdict(doctor, now=now) is Refusal.REVOCATION_UNKNOWN
    fetching.ask(*serial_of(untold, DOCTOR), now)
    assert isinstance(untold.verdict(doctor, now=now), CardIdentity)
    assert untold.verdict(doctor, now=now + timedelta(hours=2)) is Refusal.REVOCATION_UNKNOWN
    fetching.ask(*serial_of(untold, REVOKED), now)
    revoked = an_assertion(issued(authority, REVOKED))
    assert untold.verdict(revoked, now=now) is Refusal.REVOKED
    publisher.revoked = frozenset()
    fetching.ask(*serial_of(untold, REVOKED), now)
    assert untold.verdict(revoked, now=now) is Refusal.REVOKED
