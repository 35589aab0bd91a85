"""The navigation hand-off: fetch a challenge over TLS, sign for that origin, lead the browser back to it alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from card_bridge.assertion import Purpose
from card_bridge.workstation.settings import BridgeSettings
from tests.card_bridge.workstation.running_bridge import NONCE, RunningBridge, running_bridge
from tests.card_bridge.workstation.service import Service, running_service
from tests.card_bridge.workstation.test_calls import is_signed

TICKET = "t" * 43
CHALLENGE = {"purpose": "login", "nonce": NONCE, "application": "Dossier"}


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(lambda _method, _path, _members: (200, {})) as running:

        def answer(method: str, _path: str, _members: Any) -> tuple[int, Any]:
            return 200, CHALLENGE if method == "GET" else {
                "return_to": f"{running.origin}/login/x/card/return?handle=h"
            }

        running.answer = answer
        yield running


@pytest.fixture
def bridge(tmp_path: Path, service, reader, person) -> Iterator[RunningBridge]:
    settings = BridgeSettings(origins=(service.origin,), development=True)
    with running_bridge(tmp_path, reader, person, settings=settings) as running:
        yield running


def link(service: Service, **changed: str) -> str:
    members = {"issuer": service.origin, "ticket": TICKET} | changed
    return "/hand-off?" + "&".join(f"{name}={value}" for name, value in members.items())


def follows(bridge: RunningBridge, address: str):
    return bridge.navigate(address, Sec_Fetch_Site="cross-site")


def test_the_browser_is_led_back_with_what_the_service_gave(bridge, service, person):
    answer = follows(bridge, link(service))
    assert (answer.status, answer.headers["Location"]) == (303, f"{service.origin}/login/x/card/return?handle=h")
    (_, fetched, _), (_, posted, members) = service.received
    assert fetched == posted == f"/card/hand-off/{TICKET}"
    assert is_signed(members["assertion"], purpose=Purpose.LOGIN, origin=service.origin, nonce=NONCE)
    assert person.questions[0].origin == service.origin


def test_an_issuer_that_is_not_on_the_list_is_not_called(bridge, service, person):
    answer = follows(bridge, link(service, issuer="https://evil.example"))
    assert answer.status == 200
    assert "ne figure pas dans les réglages" in answer.body.decode()
    assert service.received == []
    assert person.questions == []


@pytest.mark.parametrize("ticket", ["", "short", "t" * 44, "../" + "t" * 40, "t" * 42 + "%0A"])
def test_a_ticket_of_another_shape_is_not_sent(bridge, service, ticket):
    assert "incomplet" in follows(bridge, link(service, ticket=ticket)).body.decode()
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
    answer = follows(bridge, link(service))
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
    answer = follows(bridge, link(service))
    assert answer.status == 200
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_redirect_or_an_error_of_the_service_is_told_and_not_followed(bridge, service, person, status):
    service.answer = lambda _method, _path, _members: (status, f"{service.origin}/other")
    assert "n’a pas répondu" in follows(bridge, link(service)).body.decode()
    assert len(service.received) == 1
    assert person.questions == []


def test_a_wrong_pin_is_told_with_the_tries_and_a_second_try(bridge, service, person):
    person.pin = "0000"
    page = follows(bridge, link(service)).body.decode()
    assert "Code PIN inexact" in page
    assert "Essais restants : 2" in page
    assert f"ticket={TICKET}" in page
    person.pin = "1234"
    assert bridge.navigate(link(service), Sec_Fetch_Site="same-origin").status == 303


def test_the_page_speaks_the_language_of_the_browser(bridge, service, person):
    person.pin = None
    answer = bridge.navigate(link(service), Accept_Language="en-GB,en;q=0.9")
    assert "You cancelled." in answer.body.decode()
    assert '<html lang="en">' in answer.body.decode()


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_only_a_navigation_begins_a_hand_off(bridge, service, method):
    assert bridge.request(method, link(service)).status == 403
    assert service.received == []
