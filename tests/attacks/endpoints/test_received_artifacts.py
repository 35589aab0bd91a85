"""Prevents: calls to servers of an attacker's choice, and forged requests, by artifacts that we resolve."""

import secrets
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import urlencode

import pytest
from lxml import etree

from relying_parties.registry.artifact_sources import source_id
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.artifacts import SOAP, RequestKeeper, in_soap
from tests.actors.server import Said, a_server
from tests.actors.service_provider import instant
from tests.builders.operators import OPERATOR
from tests.fixtures.saml import registers
from tests.processes import until


@pytest.fixture
def server():
    with a_server() as server:
        yield server


@pytest.fixture
def keeper(idp, server):
    services = (Endpoint(binding=Binding.SOAP, location=f"{server.address}/artifact", index=0),)
    keeper = RequestKeeper(sp=registers(idp, artifact_resolution_services=services))
    server.says = keeper.serves
    return keeper


def is_told(page, fault: str) -> bool:
    assert page.status == 400, page
    assert fault in page.html
    assert not page.asks_for("SAMLResponse")
    return True


def test_an_artifact_of_an_unknown_issuer_causes_no_call(browser, keeper, server):
    """Prevents: a call to an address that a stranger chooses. The artifact does not contain the address."""
    for octets in (
        b"\x00\x04\x00\x00" + secrets.token_bytes(40),
        b"\x00\x04\x00\x01" + source_id(keeper.sp.entity_id) + secrets.token_bytes(20),
        b"\x00\x03\x00\x00" + source_id(keeper.sp.entity_id) + secrets.token_bytes(20),
        b"\x00\x04\x00\x00" + source_id(keeper.sp.entity_id) + secrets.token_bytes(19),
    ):
        address = f"{keeper.sp.address}?{urlencode({'SAMLart': b64encode(octets).decode()})}"
        assert is_told(browser.visits(address), "saml.")
    assert is_told(browser.visits(f"{keeper.sp.address}?SAMLart=http://127.0.0.1/"), "saml.request-malformed")
    assert server.received == []


def test_no_call_goes_to_a_missing_service_or_a_suspended_application(idp, browser, keeper, server):
    idp.services.registry.suspend("messagerie", actor=OPERATOR)
    assert is_told(browser.visits(keeper.sends()), "saml.application-suspended")
    idp.services.registry.resume("messagerie", actor=OPERATOR)
    registers(idp)
    assert is_told(browser.visits(keeper.sends()), "saml.artifact-unresolved")
    assert server.received == []


def test_an_artifact_causes_one_call(browser, keeper, server):
    address = keeper.sends()
    assert browser.visits(address).asks_for("login", "password")
    assert is_told(browser.visits(address), "saml.request-replayed")
    assert len(server.received) == 1


def test_another_base64_of_an_artifact_causes_no_second_call(browser, keeper, server):
    """Prevents: repeated calls by added spaces, or by other unused bits of base64."""
    address = keeper.sends()
    assert browser.visits(address).asks_for("login", "password")
    assert is_told(browser.visits(f"{address}%0A"), "saml.request-replayed")
    assert len(server.received) == 1


def test_the_calls_caused_from_one_address_are_limited(browser, keeper, server, monkeypatch):
    monkeypatch.setattr("idp.saml.artifact.fetching.BURST_PER_ADDRESS", 3)
    for _ in range(3):
        assert browser.visits(keeper.sends()).status == 200
    assert is_told(browser.visits(keeper.sends()), "saml.artifact-unresolved")
    assert len(server.received) == 3


def test_a_server_that_does_not_answer_occupies_one_thread_until_the_call_is_given_up(idp, keeper, server, monkeypatch):
    """A worker has two threads, so one call at a time waits; the others are refused meanwhile."""
    monkeypatch.setattr("idp.saml.artifact.fetching._SLOT_TIMEOUT", 0.0)
    ended = Event()
    server.says = lambda _: Said(status=500 if ended.wait() else 200)
    addresses = [keeper.sends() for _ in range(4)]

    def visits(address: str) -> int:
        return idp.a_browser().visits(address).status

    with ThreadPoolExecutor(1) as first:
        try:
            waiting = first.submit(visits, addresses[0])
            until(lambda: server.received, what="the call")
            assert [visits(address) for address in addresses[1:]] == [400] * 3
            assert not waiting.done(), "they waited for the call"
            assert waiting.result() == 400
            assert len(server.received) == 1
        finally:
            ended.set()


@pytest.mark.parametrize(
    "said",
    [
        Said(status=500),
        Said(status=404),
        Said(status=302, headers={"Location": "http://127.0.0.1:9/"}),
        Said(),
        Said(content_type="text/xml", body=b"<a/>"),
        Said(content_type="text/xml", body=b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
        Said(content_type="text/xml", body=in_soap(b"")),
        Said(content_type="text/xml", body=in_soap(b"<a>" + b"b" * 100_000 + b"</a>")),
        Said(content_type="text/xml", body=in_soap(b"<a>" * 4_000 + b"</a>" * 4_000)),
    ],
)
def test_a_malformed_answer_is_refused(browser, keeper, server, said):
    server.says = lambda _: said
    assert is_told(browser.visits(keeper.sends()), "saml.")
    assert len(server.received) == 1


def answering(keeper: RequestKeeper, *, sp=None, signed: bool = True, **changed):
    """The answer of the server, with changes."""

    def says(received):
        [resolve] = etree.fromstring(received.body).find(f"{{{SOAP}}}Body")
        message = changed.pop("message", None) or keeper.sp.request()
        xml = keeper.answers(message, to=changed.pop("to", None) or resolve.get("ID"), **changed)
        return Said(content_type="text/xml", body=in_soap((sp or keeper.sp).signs(xml) if signed else xml))

    return says


def test_the_answer_must_be_signed_by_the_service_provider_that_was_called(browser, keeper, agenda, server):
    """The address does not authenticate the server: it may be plain HTTP in development, or DNS may be wrong."""
    server.says = answering(keeper, signed=False)
    assert is_told(browser.visits(keeper.sends()), "saml.signature-missing")
    server.says = answering(keeper, sp=agenda.sp)
    assert is_told(browser.visits(keeper.sends()), "saml.signature-wrong")
    server.says = answering(keeper, message=keeper.sp.signs(keeper.sp.request()), signed=False)
    assert is_told(browser.visits(keeper.sends()), "saml.signature-missing")


@pytest.mark.parametrize(
    "changed",
    [
        {"to": "_another"},
        {"issuer": "https://agenda.example/saml/metadata"},
        {"status": "Requester"},
        {"IssueInstant": "2020-01-01T00:00:00Z"},
        {"Version": "1.1"},
        {"message": b"<a/>"},
    ],
)
def test_an_answer_to_another_request_is_refused(browser, keeper, server, changed):
    server.says = answering(keeper, **changed)
    assert is_told(browser.visits(keeper.sends()), "saml.")


def test_the_request_in_the_answer_passes_every_check(browser, keeper, agenda, server):
    """A request of another issuer, an old one, a replay, and one for another destination are refused."""
    for message, fault in (
        (agenda.sp.request(), "saml.issuer-unknown"),
        (agenda.sp.signs(agenda.sp.request()), "saml.issuer-unknown"),
        (keeper.sp.request(IssueInstant=instant(minutes=10)), "saml.request-expired"),
        (keeper.sp.request(Destination="https://elsewhere.example/"), "saml.destination-wrong"),
        (keeper.sp.request(AssertionConsumerServiceURL="https://attacker.example/"), "saml.consumer-unregistered"),
        (agenda.sp.signs(keeper.sp.request()), "saml.signature-wrong"),
    ):
        assert is_told(browser.visits(keeper.sends(message)), fault)
    request = keeper.sp.request()
    assert browser.visits(keeper.sends(request)).status == 200
    assert is_told(browser.visits(keeper.sends(request)), "saml.request-replayed")
