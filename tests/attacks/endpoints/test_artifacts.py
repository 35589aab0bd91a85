"""Prevents: a message obtained with an artifact by anyone but the service provider that it was issued to.

An artifact travels in a URL, which is in the browser's history and in the logs of proxies.
Its message is given once, within a minute, to the service provider that it was issued to,
which must sign its request.
"""

import io
import json
import secrets
import time
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from werkzeug.test import Client

from config.logging_setup import write_journal
from config.redis.store import fingerprint
from idp.journal_rules import JOURNAL_RULES
from idp.record_kinds import IdpRecord
from idp.saml.artifact.artifacts import Artifact
from relying_parties.registry.artifact_sources import source_id
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.artifacts import SOAP, ArtifactProvider, RequestKeeper, in_soap
from tests.actors.server import Said, a_server
from tests.builders.operators import OPERATOR
from tests.builders.saml import key_pair
from tests.fixtures.artifacts import BY_ARTIFACT, registers_by_artifact
from tests.fixtures.saml import registers

SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
AT_ONCE = 8


@pytest.fixture
def journal(idp):
    written = io.StringIO()
    write_journal("INFO", JOURNAL_RULES, to=written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.fixture
def artifact(browser, jeanne, by_artifact) -> str:
    """An artifact that was just issued for Jeanne."""
    browser.visits(by_artifact.asks())
    return by_artifact.is_brought(browser.gives(jeanne)).artifact


def forged(provider: ArtifactProvider) -> ArtifactProvider:
    """The same service provider, with a key that its metadata do not have."""
    sp = provider.sp
    copied = {name: getattr(sp, name) for name in type(sp).__dataclass_fields__}
    return ArtifactProvider(
        sp=type(sp)(**(copied | {"keys": key_pair("stranger")})), consumer=provider.consumer, idp=provider.idp
    )


def is_refused(response, status: int = 403) -> bool:
    """A SOAP fault without a reason, and not a page."""
    assert (response.status_code, response.mimetype) == (status, "text/xml"), response.text
    fault = etree.fromstring(response.data).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    assert fault.findtext("faultcode") == "soap:Client"
    assert "Jeanne" not in response.text
    assert SAMLP not in response.text
    return True


def instant(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- once, now, and for whom it was issued to ------------------------------------------------


def test_an_artifact_is_resolved_once(by_artifact, artifact, journal):
    """Bindings 3.6.6.2, Core 3.5.3. pysaml2 resolves it any number of times."""
    assert by_artifact.fetches(artifact)
    assert by_artifact.fetches(artifact) is None
    assert [line["fault"] for line in journal() if "fault" in line] == ["artifact-unknown"]


def test_one_of_eight_simultaneous_resolves_gets_the_message(idp, by_artifact, artifact):
    requests = [by_artifact.sp.signs(by_artifact.resolve(artifact)) for _ in range(AT_ONCE)]

    def fetches(request: bytes) -> bytes | None:
        racing = ArtifactProvider(sp=by_artifact.sp, consumer=by_artifact.consumer, idp=Client(idp.app.wsgi_app))
        return racing.reads(racing.posts(request), to=etree.fromstring(request).get("ID"))

    with ThreadPoolExecutor(AT_ONCE) as together:
        fetched = list(together.map(fetches, requests))
    assert len([each for each in fetched if each is not None]) == 1


def test_another_service_provider_neither_gets_the_message_nor_uses_up_the_artifact(
    by_artifact, agenda, artifact, journal
):
    """Profiles 5.4: an artifact is bound to a service provider. pysaml2 resolves it for anyone."""
    for _ in range(3):
        assert agenda.fetches(artifact) is None
    assert {line["application"] for line in journal() if line.get("fault") == "artifact-unknown"} == {"agenda"}
    assert by_artifact.fetches(artifact)


def test_another_service_provider_cannot_tell_whether_an_artifact_exists(agenda, artifact):
    def told(of: str) -> list[tuple[str, str | None]]:
        request = agenda.sp.signs(agenda.resolve(of))
        [answer] = etree.fromstring(agenda.posts(request).data).find(f"{{{SOAP}}}Body")
        varying = ("SignatureValue", "DigestValue")
        return [(each.tag, None if each.tag.endswith(varying) else each.text) for each in answer.iter()]

    assert told(artifact) == told(Artifact.generate(agenda.sp.idp_entity_id).serialized())


def test_an_artifact_expires_after_a_minute(by_artifact, artifact, clock):
    clock.shift(61)
    assert by_artifact.fetches(artifact) is None


def test_a_suspended_application_cannot_resolve(idp, by_artifact, artifact, journal):
    idp.services.registry.suspend("messagerie", actor=OPERATOR)
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(by_artifact.resolve(artifact))))
    assert "saml.application-suspended" in [line.get("fault") for line in journal()]


def test_an_application_with_expired_metadata_cannot_resolve(idp, by_artifact, artifact, clock):
    registers_by_artifact(idp, valid_until=datetime.now(UTC) + timedelta(seconds=20))
    clock.shift(21)
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(by_artifact.resolve(artifact))))


def test_a_key_removed_from_the_metadata_is_refused(idp, by_artifact, artifact):
    request = by_artifact.sp.signs(by_artifact.resolve(artifact))
    registers_by_artifact(idp, signing_certificates=(key_pair("renewed").certificate,))
    assert is_refused(by_artifact.posts(request))


# --- who asks ----------------------------------------------------------------------------------


def test_an_unsigned_resolve_is_refused_and_the_artifact_stays_valid(by_artifact, artifact, journal):
    """pysaml2 verifies no signature here."""
    assert is_refused(by_artifact.posts(by_artifact.resolve(artifact)))
    assert [line["fault"] for line in journal() if "fault" in line] == ["saml.signature-missing"]
    assert by_artifact.fetches(artifact)


def test_a_resolve_signed_with_another_key_is_refused_and_the_artifact_stays_valid(by_artifact, agenda, artifact):
    """The key of a stranger, or of another service provider."""
    stranger = forged(by_artifact)
    assert is_refused(stranger.posts(stranger.sp.signs(stranger.resolve(artifact))))
    pretending = agenda.resolve(artifact, issuer=by_artifact.sp.entity_id)
    assert is_refused(agenda.posts(agenda.sp.signs(pretending)))
    assert by_artifact.fetches(artifact)


def test_a_resolve_changed_after_signing_is_refused(by_artifact, artifact):
    other = Artifact.generate(by_artifact.sp.idp_entity_id).serialized()
    signed = by_artifact.sp.signs(by_artifact.resolve(other))
    assert is_refused(by_artifact.posts(signed.replace(other.encode(), artifact.encode())))
    assert by_artifact.fetches(artifact)


def test_a_signature_over_another_element_is_refused(by_artifact, agenda, artifact):
    """Prevents: signature wrapping. A signed message of the agenda is inside a message of the messaging service."""
    genuine = agenda.sp.signs(agenda.resolve(artifact)).decode()
    within = f"<samlp:Extensions>{genuine}</samlp:Extensions>"
    wrapped = by_artifact.resolve(artifact, inside=within)
    assert is_refused(by_artifact.posts(wrapped))
    signature = genuine[genuine.index("<ds:Signature") : genuine.index("</ds:Signature>") + len("</ds:Signature>")]
    assert is_refused(by_artifact.posts(by_artifact.resolve(artifact, inside=signature)))
    two = in_soap(genuine.encode() + by_artifact.resolve(artifact))
    assert is_refused(by_artifact.sends(two), 400)
    assert by_artifact.fetches(artifact)


def test_an_unknown_issuer_is_refused(by_artifact, artifact, journal):
    unknown = by_artifact.resolve(artifact, issuer="https://attacker.example/")
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(unknown)))
    assert [line["fault"] for line in journal() if "fault" in line] == ["saml.issuer-unknown"]


# --- which message -----------------------------------------------------------------------------


def test_a_resolve_cannot_be_replayed(by_artifact, artifact):
    """Core 1.3.4."""
    request = by_artifact.sp.signs(by_artifact.resolve(artifact))
    assert by_artifact.posts(request).status_code == 200
    assert is_refused(by_artifact.posts(request))


@pytest.mark.parametrize("changed", [{"minutes": 8}, {"minutes": -3}, {"days": 365 * 20}])
def test_an_old_or_future_resolve_is_refused(by_artifact, artifact, changed):
    request = by_artifact.resolve(artifact, IssueInstant=instant(**changed))
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))
    assert by_artifact.fetches(artifact)


@pytest.mark.parametrize(
    "changed",
    [
        {"Destination": "https://elsewhere.example/saml/artifact"},
        {"Version": "1.1"},
        {"Version": None},
        {"IssueInstant": None},
        {"IssueInstant": "yesterday"},
        {"ID": f"_{'a' * 300}"},
    ],
)
def test_a_resolve_with_another_destination_or_form_is_refused(by_artifact, artifact, changed):
    request = by_artifact.resolve(artifact, **changed)
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))
    assert by_artifact.fetches(artifact)


def test_the_destination_is_optional(by_artifact, artifact):
    assert by_artifact.fetches(artifact, Destination=None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64",
        "AAQAAA==",
        b64encode(b"\x00\x01" + secrets.token_bytes(42)).decode(),
        b64encode(b"\x00\x04\x00\x00" + secrets.token_bytes(40)).decode(),
        b64encode(b"\x00\x04\x00\x00" + secrets.token_bytes(80)).decode(),
        "A" * 50_000,
        "é" * 60,
    ],
    ids=["empty", "not-base64", "short", "another-type", "another-idp", "long", "huge", "not-ascii"],
)
def test_a_foreign_artifact_gets_an_empty_success(by_artifact, text):
    """Core 3.5.3: this is a success, without a message."""
    assert by_artifact.fetches(text) is None


def test_another_base64_of_the_same_octets_is_not_the_artifact(by_artifact, artifact):
    """Prevents: an artifact resolved twice, with other unused bits of base64 or with spaces."""
    assert by_artifact.fetches(f"{artifact[:10]} {artifact[10:]}") is None
    assert artifact.endswith("=")
    last = artifact[-2]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = artifact[:-2] + alphabet[alphabet.index(last) ^ 1] + "="
    assert b64decode(other) == b64decode(artifact)
    assert by_artifact.fetches(other) is None
    assert by_artifact.fetches(artifact)


@pytest.mark.parametrize("element", ["ArtifactResponse", "AuthnRequest", "LogoutRequest", "Unheard"])
def test_another_message_is_refused(by_artifact, artifact, element):
    request = by_artifact.resolve(artifact).replace(b"ArtifactResolve", element.encode())
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))


def test_a_resolve_without_an_artifact_is_refused(by_artifact):
    request = by_artifact.resolve("x").replace(b"<samlp:Artifact>x</samlp:Artifact>", b"")
    assert is_refused(by_artifact.posts(by_artifact.sp.signs(request)))


HOSTILE = {
    "nothing": b"",
    "no envelope": b"<a/>",
    "document type": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "billion laughs": b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>',
    "no body": b'<soap:Envelope xmlns:soap="%s"/>' % SOAP.encode(),
    "empty body": in_soap(b""),
    "two bodies": b'<soap:Envelope xmlns:soap="%s"><soap:Body><a/></soap:Body><soap:Body><a/></soap:Body>'
    b"</soap:Envelope>" % SOAP.encode(),
    "too deep": in_soap(b"<a>" * 5_000 + b"</a>" * 5_000),
    "too many nodes": in_soap(b"<a>" + b"<b/>" * 60_000 + b"</a>"),
    "too large": in_soap(b"<a>" + b"b" * 400_000 + b"</a>"),
    "large": in_soap(b"<a>" + b"b" * 200_000 + b"</a>"),
    "utf-16": "<a/>".encode("utf-16"),
    "instruction": b'<?xml-stylesheet href="http://127.0.0.1/"?>' + in_soap(b"<a/>"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_refused(by_artifact, body):
    assert is_refused(by_artifact.sends(body), 400)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "application/json", "text/html", ""])
def test_only_soap_is_accepted(by_artifact, artifact, content_type):
    """A browser on another site can only post a form."""
    request = by_artifact.sp.signs(by_artifact.resolve(artifact))
    assert is_refused(by_artifact.posts(request, content_type=content_type), 400)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), wrapped=st.booleans())
def test_any_body_is_refused_without_an_error(idp, body, wrapped):
    sent = in_soap(body) if wrapped else body
    response = Client(idp.app.wsgi_app).post("/saml/artifact", data=sent, content_type="text/xml")
    assert is_refused(response, 400 if response.status_code == 400 else 403)


# --- what is issued ----------------------------------------------------------------------------


def test_handles_are_random_and_never_logged(idp, browser, jeanne, by_artifact, journal):
    seen = set()
    browser.visits(by_artifact.asks())
    page = browser.gives(jeanne)
    for _ in range(20):
        seen.add(by_artifact.is_brought(page).octets[24:])
        page = browser.visits(by_artifact.asks())
    assert len(seen) == 20
    artifact = by_artifact.is_brought(page).artifact
    assert artifact not in json.dumps(journal())
    assert idp.services.store.get(IdpRecord.ARTIFACT, artifact) is None
    assert idp.services.store.get(IdpRecord.ARTIFACT, fingerprint(artifact))
    assert artifact not in repr(Artifact.read(artifact))


def test_a_service_provider_without_a_signing_key_is_not_answered_by_artifact(idp, browser, by_artifact):
    """It could not sign its ArtifactResolve: it is answered by HTTP-POST, or not at all."""
    registers_by_artifact(idp, signing_certificates=())
    assert browser.visits(by_artifact.asks()).status == 400
    assert browser.page.html.count("saml.consumer-unregistered")
    assert browser.visits(by_artifact.asks(ProtocolBinding=None)).status == 400
    registers_by_artifact(
        idp,
        signing_certificates=(),
        idp_initiated=True,
        assertion_consumer_services=(Endpoint(binding=Binding.ARTIFACT, location=BY_ARTIFACT, index=0),),
    )
    assert "saml.start-refused" in browser.visits(f"{idp.issuer}/saml/start/messagerie").html


def test_artifacts_are_sent_only_to_consumers_of_the_metadata(browser, by_artifact):
    evil = by_artifact.asks(AssertionConsumerServiceURL="https://attacker.example/acs")
    assert "saml.consumer-unregistered" in browser.visits(evil).html
    by_another_binding = by_artifact.asks(AssertionConsumerServiceURL=by_artifact.sp.consumer)
    assert "saml.consumer-unregistered" in browser.visits(by_another_binding).html


def test_relay_state_cannot_add_parameters_to_the_redirect(idp, browser, jeanne):
    consumer = "https://messagerie.example/saml?do=acs"
    provider = registers_by_artifact(
        idp, assertion_consumer_services=(Endpoint(binding=Binding.ARTIFACT, location=consumer, index=0),)
    )
    browser.visits(
        provider.sp.asks(
            relay_state="a&SAMLart=b#c\r\nSet-Cookie: d",
            AssertionConsumerServiceURL=consumer,
            ProtocolBinding=Binding.ARTIFACT.value,
        )
    )
    page = browser.gives(jeanne)
    assert page.url.startswith(f"{consumer}&SAMLart=")
    assert page.url.endswith("&RelayState=a%26SAMLart%3Db%23c%0D%0ASet-Cookie%3A+d")


def test_our_source_id_is_derived_from_our_entity_id(by_artifact, artifact):
    """Bindings 3.6.4.1: the SHA-1 of the entityID."""
    assert Artifact.read(artifact).source_id == source_id(by_artifact.sp.idp_entity_id)


# --- a request that comes as an artifact: whom we are made to call -----------------------------


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


def test_a_server_that_does_not_answer_occupies_one_thread_for_a_short_time(idp, keeper, server):
    """A worker has two threads, so one call at a time waits; the others are refused at once."""
    answers = Event()
    server.says = lambda _: Said(status=500) if answers.wait(10) else Said()
    addresses = [keeper.sends() for _ in range(4)]

    def visits(address: str) -> tuple[int, float]:
        before = time.perf_counter()
        return idp.a_browser().visits(address).status, time.perf_counter() - before

    with ThreadPoolExecutor(4) as together:
        waits = list(together.map(visits, addresses))
        answers.set()
    assert {status for status, _ in waits} == {400}
    assert len(server.received) == 1
    assert sorted(taken for _, taken in waits)[2] < 2
    assert max(taken for _, taken in waits) < 8


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
