"""Prevents: guessing, replay and forgery at the endpoint for enhanced clients.

The password is checked as on the sign-on page, with the same limits, the same work and the
same answer whether the account exists or not.
"""

import io
import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import argon2
import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from werkzeug.test import Client

from config.logging_setup import write_journal
from idp.journal_rules import JOURNAL_RULES
from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.artifacts import SOAP, in_soap
from tests.actors.browser import Professional
from tests.actors.enhanced_client import EnhancedClient
from tests.actors.service_provider import instant
from tests.builders.operators import OPERATOR
from tests.builders.saml import CONSUMER, key_pair
from tests.fixtures.ecp import BY_PAOS, client, registers_ecp

__all__ = ["client"]

NOBODY = Professional("nobody", "x", "No", "Body")
CHANNEL_BINDINGS = "urn:oasis:names:tc:SAML:protocol:ext:channel-binding"


@pytest.fixture
def journal(idp):
    written = io.StringIO()
    write_journal("INFO", JOURNAL_RULES, to=written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.fixture
def tried(monkeypatch) -> list[str]:
    """Collects every password that is compared with a hash."""
    compared: list[str] = []
    verify = argon2.PasswordHasher.verify

    def watched(self, *arguments):
        compared.append("verify")
        return verify(self, *arguments)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    return compared


def is_fault(response, status: int, words: str = "") -> bool:
    assert (response.status_code, response.mimetype) == (status, "text/xml"), response.text
    assert "Set-Cookie" not in response.headers
    fault = etree.fromstring(response.data).find(f"{{{SOAP}}}Body/{{{SOAP}}}Fault")
    assert words in fault.findtext("faultstring")
    return True


# --- guessing ------------------------------------------------------------------------------


def test_guesses_here_and_on_the_page_share_one_limit(client, browser, jeanne, tried):
    """Prevents: a second endpoint with a limit of its own."""
    with time_machine.travel(datetime.now(UTC), tick=False):  # a wait does not end because this machine is slow
        browser.visits(client.sp.asks())
        statuses = []
        for guess in range(8):
            if guess % 2:
                statuses.append(browser.gives(jeanne, f"wrong {guess}").status)
            else:
                statuses.append(client.posts(client.request(), jeanne, f"wrong {guess}").status_code)
        assert set(statuses) == {401, 422, 429}
        waiting = client.posts(client.request(), jeanne)
        assert is_fault(waiting, 429, "wait")
        assert int(waiting.headers["Retry-After"]) > 0
        assert browser.gives(jeanne).status == 429
        assert len(tried) < 8


def test_simultaneous_guesses_do_not_exceed_the_limit(idp, client, jeanne, tried, frozen):
    def guesses(number: int) -> int:
        racing = EnhancedClient(sp=client.sp, consumer=client.consumer, idp=Client(idp.app.wsgi_app))
        return racing.posts(racing.request(), jeanne, f"wrong {number}").status_code

    with ThreadPoolExecutor(8) as together:
        statuses = list(together.map(guesses, range(16)))
    assert statuses.count(429) > 8
    assert len(tried) == statuses.count(401)


def test_the_right_password_resets_the_limit(client, jeanne):
    assert client.posts(client.request(), jeanne, "wrong").status_code == 401
    for _ in range(8):
        assert client.signs_on(jeanne).name_id


def test_a_refusal_does_not_reveal_whether_the_account_exists(idp, client, jeanne, paul, tried):
    idp.disables(paul)
    seen = []
    for person, password in ((jeanne, "wrong"), (paul, paul.password), (NOBODY, "wrong")):
        tried.clear()
        response = client.posts(client.request(), person, password)
        headers = sorted(item for item in response.headers.items() if item[0] != "X-Request-Id")
        seen.append((response.status_code, response.data, headers, list(tried)))
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][0] == 401
    assert seen[0][-1] == ["verify"]


def test_a_refusal_is_audited_without_the_password(idp, client, jeanne, journal):
    client.posts(client.request(), jeanne, "a-guess-of-jeanne")
    client.posts(client.request(), jeanne)
    assert idp.trail()[-3:] == ["login.refused", "login.succeeded", "sign-in.answered"]
    assert "a-guess-of-jeanne" not in json.dumps(journal())
    assert jeanne.password not in json.dumps(journal())


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b":").decode(),
        "Basic " + b64encode(b"\xff\xfe:x").decode(),
        "Basic " + b64encode(b"jdupont\0:x").decode(),
        "Basic " + b64encode(b"a" * 300 + b":x").decode(),
        "Basic " + b64encode(b"jdupont:" + b"x" * 2_000).decode(),
        "Basic " + "A" * 20_000,
        "Bearer abc",
        "Digest username=jdupont",
        "Negotiate YII=",
    ],
)
def test_malformed_credentials_are_requested_again_and_not_tried(client, tried, header):
    response = client.sends(in_soap(client.request()), {"Authorization": header})
    assert is_fault(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert tried == []


# --- which application, and what it requires ---------------------------------------------------


def test_an_application_without_ecp_is_refused_before_the_password_is_tried(idp, jeanne, tried):
    client = registers_ecp(idp, ecp=False)
    refused = client.is_refused(client.posts(client.request(), jeanne))
    assert (refused.top, refused.second) == ("Responder", "RequestUnsupported")
    assert tried == []


def test_a_request_that_needs_more_than_a_password_is_refused_before_the_password_is_tried(client, jeanne, tried):
    """By the registration, or by the request."""
    wanted = (
        f"<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>{CLASS[AssuranceLevel.TWO_FACTORS]}"
        "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
    )
    request = client.sp.request(
        inside=wanted,
        Destination=None,
        ProtocolBinding=Binding.PAOS.value,
        AssertionConsumerServiceURL=BY_PAOS,
    )
    refused = client.is_refused(client.posts(request, jeanne))
    assert (refused.top, refused.second) == ("Responder", "NoAuthnContext")
    assert tried == []


def test_a_suspended_application_is_refused(idp, client, jeanne, tried):
    idp.services.registry.suspend("messagerie", actor=OPERATOR)
    assert is_fault(client.posts(client.request(), jeanne), 403, "saml.application-suspended")
    assert tried == []


def test_a_person_other_than_the_subject_is_refused_and_their_session_ends(idp, client, jeanne, paul):
    expected = client.signs_on(jeanne).name_id
    request = client.sp.request(
        inside=f"<saml:Subject><saml:NameID>{expected}</saml:NameID></saml:Subject>",
        Destination=None,
        ProtocolBinding=Binding.PAOS.value,
        AssertionConsumerServiceURL=BY_PAOS,
    )
    refused = client.is_refused(client.posts(request, paul))
    assert (refused.top, refused.second) == ("Responder", "UnknownPrincipal")
    assert idp.trail()[-2:] == ["login.succeeded", "session.ended"]


# --- where the answer goes -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        {"AssertionConsumerServiceURL": "https://attacker.example/paos"},
        {"AssertionConsumerServiceURL": CONSUMER},
        {"ProtocolBinding": Binding.POST.value, "AssertionConsumerServiceURL": CONSUMER},
        {"ProtocolBinding": Binding.POST.value},
        {"ProtocolBinding": None, "AssertionConsumerServiceURL": None, "AssertionConsumerServiceIndex": "0"},
        {"ProtocolBinding": "urn:x"},
    ],
)
def test_answers_go_only_to_paos_consumers_of_the_metadata(client, jeanne, tried, asked):
    assert is_fault(client.posts(client.request(**asked), jeanne), 403, "saml.consumer-unregistered")
    assert tried == []


def test_an_application_without_a_paos_consumer_is_refused(idp, client, jeanne):
    registers_ecp(
        idp, ecp=False, assertion_consumer_services=(Endpoint(binding=Binding.POST, location=CONSUMER, index=0),)
    )
    request = client.request(ProtocolBinding=None, AssertionConsumerServiceURL=None)
    assert is_fault(client.posts(request, jeanne), 403, "saml.consumer-unregistered")


def test_a_browser_is_not_answered_by_paos(client, browser):
    page = browser.visits(client.sp.asks(ProtocolBinding=Binding.PAOS.value, AssertionConsumerServiceURL=BY_PAOS))
    assert "saml.consumer-unregistered" in page.html


# --- which request ---------------------------------------------------------------------------------


def test_a_request_cannot_be_replayed(idp, client, jeanne):
    request = client.request()
    assert client.brings(client.posts(request, jeanne)).name_id
    assert is_fault(client.posts(request, jeanne), 403, "saml.request-replayed")
    assert idp.trail()[-2:] == ["login.succeeded", "session.ended"]


def test_one_of_eight_simultaneous_identical_requests_is_answered(idp, client, jeanne):
    request = client.request()

    def posts(_: int) -> int:
        racing = EnhancedClient(sp=client.sp, consumer=client.consumer, idp=Client(idp.app.wsgi_app))
        return racing.posts(request, jeanne).status_code

    with ThreadPoolExecutor(8) as together:
        statuses = list(together.map(posts, range(8)))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 403, 429}
    assert idp.trail().count("sign-in.answered") == 1


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        ({"Destination": "https://elsewhere.example/saml/ecp"}, "saml.destination-wrong"),
        ({"Destination": "http://localhost:8400/saml/sso"}, "saml.destination-wrong"),
        ({"Version": "1.1"}, "saml.request-malformed"),
        ({"ID": None}, "saml.request-malformed"),
        ({"issuer": "https://attacker.example/"}, "saml.issuer-unknown"),
    ],
)
def test_a_request_passes_every_check(client, jeanne, tried, asked, fault):
    request = client.request(**asked)
    assert is_fault(client.posts(request, jeanne), 403, fault)
    assert tried == []


@pytest.mark.parametrize("minutes_ago", [10, -10])
def test_a_request_of_another_time_is_refused(client, jeanne, tried, minutes_ago):
    request = client.request(IssueInstant=instant(minutes=minutes_ago))
    assert is_fault(client.posts(request, jeanne), 403, "saml.request-expired")
    assert tried == []


def test_an_unsigned_request_is_refused_if_signatures_are_required(idp, jeanne, tried):
    client = registers_ecp(idp, requests_signed=True)
    assert is_fault(client.posts(client.request(), jeanne), 403, "saml.signature-missing")
    signed = client.sp.signs(client.request())
    changed = signed.replace(b'Version="2.0"', b'Version="2.0" IsPassive="true"')
    assert is_fault(client.posts(changed, jeanne), 403, "saml.signature-wrong")
    client.sp.keys = key_pair("stranger")
    assert is_fault(client.posts(client.sp.signs(client.request()), jeanne), 403, "saml.signature-wrong")
    assert tried == []
    client.sp.keys = key_pair("messagerie")
    assert client.brings(client.posts(signed, jeanne)).name_id


def test_channel_bindings_are_refused_and_not_ignored(client, jeanne, tried):
    """ECP V2.0: otherwise the client would take the answer for bound to the connection."""
    binding = f'<cb:ChannelBindings xmlns:cb="{CHANNEL_BINDINGS}" Type="tls-server-end-point">AAAA</cb:ChannelBindings>'
    request = client.sp.request(
        inside=f"<samlp:Extensions>{binding}</samlp:Extensions>",
        Destination=None,
        ProtocolBinding=Binding.PAOS.value,
        AssertionConsumerServiceURL=BY_PAOS,
    )
    refused = client.is_refused(client.posts(request, jeanne))
    assert (refused.top, refused.second) == ("Responder", "RequestUnsupported")
    assert tried == []


def with_header(xml: bytes, block: str) -> bytes:
    header, body = f"<s:Header>{block}</s:Header>", f"<s:Body>{xml.decode()}</s:Body>"
    return f'<s:Envelope xmlns:s="{SOAP}">{header}{body}</s:Envelope>'.encode()


def test_an_unknown_header_with_must_understand_is_refused(client, jeanne, tried):
    """SOAP 1.1, section 4.2.3. Headers for other actors, or for the client, are ignored."""
    basic = {"Authorization": f"Basic {b64encode(f'{jeanne.login}:{jeanne.password}'.encode()).decode()}"}
    block = '<x:a xmlns:x="urn:x" s:mustUnderstand="1"{actor}/>'
    for actor in ("", ' s:actor="http://schemas.xmlsoap.org/soap/actor/next"'):
        response = client.sends(with_header(client.request(), block.format(actor=actor)), basic)
        assert is_fault(response, 500)
        assert "soap:MustUnderstand" in response.text
    assert tried == []
    elsewhere = block.format(actor=' s:actor="urn:another"')
    left_there = (
        '<ecp:Request xmlns:ecp="urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp" s:mustUnderstand="1" '
        's:actor="http://schemas.xmlsoap.org/soap/actor/next"/>'
    )
    for passed_over in (elsewhere, left_there, '<x:a xmlns:x="urn:x"/>'):
        assert client.brings(client.sends(with_header(client.request(), passed_over), basic)).name_id


HOSTILE = {
    "nothing": b"",
    "no envelope": b"<a/>",
    "document type": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "empty body": in_soap(b""),
    "two messages": in_soap(b"<a/><a/>"),
    "too deep": in_soap(b"<a>" * 5_000 + b"</a>" * 5_000),
    "too many nodes": in_soap(b"<a>" + b"<b/>" * 60_000 + b"</a>"),
    "too large": in_soap(b"<a>" + b"b" * 400_000 + b"</a>"),
    "utf-16": "<a/>".encode("utf-16"),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_xml_is_refused(client, jeanne, tried, body):
    basic = {"Authorization": f"Basic {b64encode(f'{jeanne.login}:{jeanne.password}'.encode()).decode()}"}
    assert is_fault(client.sends(body, basic), 400)
    assert tried == []


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "application/vnd.paos+xml"]
)
def test_a_form_of_another_site_is_refused(client, jeanne, tried, content_type):
    """A browser would add a remembered password; it cannot send text/xml to another site without CORS."""
    basic = {"Authorization": f"Basic {b64encode(f'{jeanne.login}:{jeanne.password}'.encode()).decode()}"}
    assert is_fault(client.sends(in_soap(client.request()), basic, content_type=content_type), 400)
    assert tried == []


@pytest.mark.parametrize("element", ["ArtifactResolve", "LogoutRequest", "Response", "Unheard"])
def test_another_message_is_refused(client, jeanne, element):
    request = client.request().replace(b"AuthnRequest", element.encode())
    assert is_fault(client.posts(request, jeanne), 403, "saml.request-malformed")


def test_a_session_cookie_is_ignored(client, browser, jeanne):
    """The answer goes to the sender of the request, so a cookie must not authenticate it."""
    browser.visits(client.sp.asks())
    client.sp.signs_on(browser.gives(jeanne))
    cookies = "; ".join(f"{name}={value}" for jar in browser.cookies.values() for name, value in jar.items())
    assert cookies
    assert is_fault(client.sends(in_soap(client.request()), {"Cookie": cookies}), 401)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), credentials=st.binary(max_size=60), wrapped=st.booleans())
def test_any_body_is_refused_without_an_error(idp, body, credentials, wrapped):
    response = Client(idp.app.wsgi_app).post(
        "/saml/ecp",
        data=in_soap(body) if wrapped else body,
        content_type="text/xml",
        headers={"Authorization": f"Basic {b64encode(credentials).decode()}"},
    )
    assert response.status_code in (400, 401, 403)
    assert response.mimetype == "text/xml"
