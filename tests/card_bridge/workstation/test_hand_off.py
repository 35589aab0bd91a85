"""The navigation hand-off: fetch a challenge over TLS, sign for that origin, lead the browser back to it alone."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from card_bridge.assertion import Purpose
from card_bridge.workstation.app import SLOW_AT_ONCE
from card_bridge.workstation.settings import BridgeSettings
from tests.card_bridge.workstation.running_bridge import NONCE, Answer, RunningBridge, running_bridge
from tests.card_bridge.workstation.service import Service, running_service
from tests.card_bridge.workstation.test_calls import is_signed
from tests.processes import until

TICKET = "t" * 43
CHALLENGE = {"purpose": "login", "nonce": NONCE, "application": "Dossier"}


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(lambda _method, _path, _members: (200, {})) as running:

        def answer(method: str, _path: str, _members: Any) -> tuple[int, Any]:
            return 200, CHALLENGE if method == "GET" else {"return_to": back(running)}

        running.answer = answer
        yield running


@pytest.fixture
def bridge(tmp_path: Path, service, reader, person) -> Iterator[RunningBridge]:
    settings = BridgeSettings(origins=(service.origin,), development=True)
    with running_bridge(tmp_path, reader, person, settings=settings) as running:
        yield running


def back(service: Service) -> str:
    return f"{service.origin}/login/x/card/return?handle=h"


def link(service: Service, **changed: str) -> str:
    members = {"issuer": service.origin, "ticket": TICKET} | changed
    return "/hand-off?" + "&".join(f"{name}={value}" for name, value in members.items())


def follows(bridge: RunningBridge, address: str, service: Service, **headers: str):
    """The link of the service's own page, which lets the browser name that page's origin."""
    return bridge.navigate(address, **({"Sec_Fetch_Site": "cross-site", "Referer": f"{service.origin}/"} | headers))


def form_of(answer: Answer) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.body.decode()))


def test_the_browser_is_led_back_with_what_the_service_gave(bridge, service, person):
    answer = follows(bridge, link(service), service)
    assert (answer.status, answer.headers["Location"]) == (303, back(service))
    (_, fetched, _), (_, posted, members) = service.received
    assert fetched == posted == f"/card/hand-off/{TICKET}"
    assert is_signed(members["assertion"], purpose=Purpose.LOGIN, origin=service.origin, nonce=NONCE)
    assert person.questions[0].origin == service.origin


def test_an_issuer_that_is_not_on_the_list_is_not_called(bridge, service, person):
    answer = follows(bridge, link(service, issuer="https://evil.example"), service)
    assert answer.status == 200
    assert "ne figure pas dans les réglages" in answer.body.decode()
    assert service.received == []
    assert person.questions == []


@pytest.mark.parametrize("ticket", ["", "short", "t" * 44, "../" + "t" * 40, "t" * 42 + "%0A"])
def test_a_ticket_of_another_shape_is_not_sent(bridge, service, ticket):
    assert "incomplet" in follows(bridge, link(service, ticket=ticket), service).body.decode()
    assert service.received == []


@pytest.mark.parametrize(
    "challenge",
    [
        {},
        {"purpose": "anything", "nonce": NONCE},
        {"purpose": "login", "nonce": "short"},
        {"purpose": "login", "nonce": ["n"] * 43},
        b"<html>",
        b"[]",
        b"{" * 100,
        b" " * 20_000,
    ],
)
def test_a_challenge_of_another_shape_asks_nobody(bridge, service, person, challenge):
    service.answer = lambda _method, _path, _members: (200, challenge)
    answer = follows(bridge, link(service), service)
    assert answer.status == 200
    assert 'role="alert"' in answer.body.decode()
    assert person.questions == []


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example/",
        "{origin}.evil.example/",
        "{origin}@evil.example/",
        "javascript:alert(1)",
        "/login",
        "{origin}",
        "{origin}/a\r\nSet-Cookie: x=y",
        "{origin}/\\evil",
        "{origin}/" + "a" * 3000,
        ["{origin}/"],
        None,
    ],
)
def test_the_browser_is_sent_to_the_issuer_and_nowhere_else(bridge, service, address):
    placed = address.format(origin=service.origin) if isinstance(address, str) else address
    service.answer = lambda method, _path, _members: (200, CHALLENGE if method == "GET" else {"return_to": placed})
    answer = follows(bridge, link(service), service)
    assert answer.status == 200
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_redirect_or_an_error_of_the_service_is_told_and_not_followed(bridge, service, person, status):
    service.answer = lambda _method, _path, _members: (status, f"{service.origin}/other")
    assert "n’a pas répondu" in follows(bridge, link(service), service).body.decode()
    assert len(service.received) == 1
    assert person.questions == []


def test_services_that_do_not_answer_leave_threads_for_the_calls_of_pages(bridge, service, person):
    """As many hand-offs as the server has threads: those over the limit are told to wait."""
    silence = Event()

    def answer(_method: str, _path: str, _members: Any) -> tuple[int, Any]:
        silence.wait(20)
        return 404, {}

    service.answer = answer
    with ThreadPoolExecutor(8) as browsers:
        answers = [browsers.submit(follows, bridge, link(service), service) for _ in range(8)]
        until(lambda: sum(answer.done() for answer in answers) == 8 - SLOW_AT_ONCE, what="the refusals")
        assert bridge.call("status", Origin=service.origin).status == 200
        refused = [answer for answer in answers if answer.done()]
        silence.set()
    assert all("Une autre demande est en cours" in answer.result().body.decode() for answer in refused)
    assert person.questions == []


def test_a_wrong_pin_is_told_with_the_tries_and_a_second_try(bridge, service, person):
    person.pin = "0000"
    answer = follows(bridge, link(service), service)
    page = answer.body.decode()
    assert "Code PIN inexact" in page
    assert "Essais restants : 2" in page
    person.pin = "1234"
    assert bridge.submit("/hand-off", form_of(answer)).headers["Refresh"] == f"0; url={back(service)}"


def test_the_page_speaks_the_language_of_the_browser(bridge, service, person):
    person.pin = None
    answer = follows(bridge, link(service), service, Accept_Language="en-GB,en;q=0.9")
    assert "You cancelled." in answer.body.decode()
    assert person.languages == ["en"]
    assert '<html lang="en">' in answer.body.decode()


@pytest.mark.parametrize(
    "referrer", [None, "https://evil.example/", "{origin}.evil.example/", "{origin}@evil.example/", "{origin}", "null"]
)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_link_that_is_not_on_a_page_of_the_issuer_asks_to_go_on_first(bridge, service, person, referrer, site):
    named = referrer and referrer.format(origin=service.origin)
    asked = bridge.navigate(link(service), Sec_Fetch_Site=site, Referer=named)
    assert (asked.status, "Lire votre carte pour ce site" in asked.body.decode()) == (200, True)
    assert f"<strong>{service.origin}</strong>" in asked.body.decode()
    assert (service.received, person.questions) == ([], [])
    answer = bridge.submit("/hand-off", form_of(asked))
    assert answer.headers["Refresh"] == f"0; url={back(service)}"
    assert f'href="{back(service)}"' in answer.body.decode()
    assert person.questions[0].origin == service.origin


def test_the_page_that_asks_to_go_on_cannot_be_framed_and_posts_to_the_bridge_only(bridge, service):
    asked = bridge.navigate(link(service))
    assert asked.headers["X-Frame-Options"] == "DENY"
    policy = asked.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy


@pytest.mark.parametrize(
    "changed", [{"proof": ""}, {"proof": "é"}, {"ticket": "u" * 43}, {"issuer": "https://evil.example"}]
)
def test_a_form_without_the_proof_of_its_link_opens_no_window(bridge, service, person, changed):
    fields = form_of(bridge.navigate(link(service)))
    assert bridge.submit("/hand-off", fields | changed).status == 200
    assert (service.received, person.questions) == ([], [])


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": None},
        {"Sec_Fetch_Mode": "cors"},
        {"Sec_Fetch_Dest": "iframe"},
        {"Content_Type": "text/plain"},
    ],
)
def test_a_form_of_another_page_is_denied(bridge, service, person, headers):
    fields = form_of(bridge.navigate(link(service)))
    assert bridge.submit("/hand-off", fields, **headers).status in (403, 421)
    assert (service.received, person.questions) == ([], [])


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_only_a_navigation_begins_a_hand_off(bridge, service, method):
    assert bridge.request(method, link(service)).status == 403
    assert service.received == []
