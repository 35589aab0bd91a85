"""A card that is pulled after a login is told to the service of that login, within a second."""

import base64
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from card_bridge.assertion import CardAssertion
from card_bridge.workstation.settings import BridgeSettings
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.personas import DOCTOR
from tests.card_bridge.workstation.running_bridge import RunningBridge, running_bridge
from tests.card_bridge.workstation.service import Service, running_service
from tests.processes import allowance, until


@pytest.fixture
def service() -> Iterator[Service]:
    with running_service(lambda _method, _path, _members: (204, b"")) as running:
        yield running


@pytest.fixture
def bridge(tmp_path: Path, service, reader, person) -> Iterator[RunningBridge]:
    settings = BridgeSettings(origins=(service.origin,), development=True)
    with running_bridge(tmp_path, reader, person, settings=settings) as running:
        yield running


def signs(bridge: RunningBridge, service: Service, nonce: str) -> str:
    """Sign; return the presence hash that the service sees."""
    answer = bridge.call("sign", {"purpose": "login", "nonce": nonce * 43}, Origin=service.origin)
    return CardAssertion.parse(answer.json["assertion"]).presence.hex()


def hash_of(token: str) -> str:
    return hashlib.sha256(base64.urlsafe_b64decode(token + "=")).hexdigest()


def told(service: Service) -> list[str]:
    return [hash_of(members["token"]) for _method, _path, members in list(service.received)]


def test_the_service_is_told_within_a_second_with_the_token_of_the_signed_hash(bridge, service, reader):
    presence = signs(bridge, service, "a")
    most = 1 + allowance(lambda: bridge.call("status", Origin=service.origin))
    pulled = time.monotonic()
    reader.pull()
    until(lambda: told(service) == [presence])
    assert time.monotonic() - pulled < most
    assert service.received[0][:2] == ("POST", "/card/removed")


def test_each_login_with_the_card_has_a_token_of_its_own(bridge, service, reader):
    hashes = {signs(bridge, service, nonce) for nonce in "abc"}
    assert len(hashes) == 3
    reader.pull()
    until(lambda: set(told(service)) == hashes)


def test_a_card_that_is_pulled_and_put_back_was_pulled(bridge, service, reader, authority):
    presence = signs(bridge, service, "a")
    reader.pull()
    reader.insert(make_card(DOCTOR, authority))
    until(lambda: told(service) == [presence])


def test_looking_at_the_card_does_not_count_as_removal(bridge, service, reader):
    signs(bridge, service, "a")
    for _ in range(3):
        bridge.call("status", Origin=service.origin)
    second = signs(bridge, service, "b")
    reader.pull()
    until(lambda: second in told(service))
    assert len(told(service)) == 2


@pytest.mark.slow
def test_a_service_that_does_not_answer_is_told_again(bridge, service, reader):
    presence = signs(bridge, service, "a")
    statuses = iter([503, 503])
    service.answer = lambda _method, _path, _members: (next(statuses, 204), b"")
    reader.pull()
    until(lambda: told(service) == [presence] * 3)
