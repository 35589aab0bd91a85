"""The calls of a page: status, sign, cancel, over a software card."""

import http.client
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from card_bridge.assertion import CardAssertion, Purpose, signed_text
from card_bridge.workstation.connection import CardReaders, Slot
from card_bridge.workstation.operation import look
from card_bridge.workstation.settings import BridgeSettings
from tests.card_bridge.workstation.running_bridge import NONCE, ORIGIN, page_headers, running_bridge
from tests.processes import until

OTHER = "https://enrollment.example"
LOGIN = {"purpose": "login", "nonce": NONCE}


def is_signed(written: str, *, purpose: Purpose, origin: str, nonce: str) -> bool:
    """Whether the key of the certificate has signed these fields."""
    assertion = CardAssertion.parse(written)
    text = signed_text(
        purpose=purpose, origin=origin, nonce=nonce, certificate=assertion.certificate, presence=assertion.presence
    )
    key = x509.load_der_x509_certificate(assertion.certificate).public_key()
    key.verify(assertion.signature, text, PKCS1v15(), SHA256())
    return True


def test_the_card_signs_what_the_page_asked_for_its_own_origin(bridge, person):
    answer = bridge.call("sign", LOGIN | {"code": "KMT 482"})
    assert answer.status == 200
    assert is_signed(answer.json["assertion"], purpose=Purpose.LOGIN, origin=ORIGIN, nonce=NONCE)
    assert person.codes == ["KMT 482", "KMT 482"]


@pytest.mark.parametrize("sent", ["", "pt-BR", "fr-FR"])
def test_the_questions_are_in_the_language_of_the_page_if_it_is_one_of_ours(bridge, person, sent):
    bridge.call("sign", LOGIN | {"language": "en"})
    bridge.call("sign", LOGIN | {"nonce": "m" * 43, "language": sent})
    assert person.languages == ["en"]
    assert bridge.call("sign", LOGIN | {"nonce": "o" * 43, "language": 7}).status == 400


def test_an_origin_is_confirmed_once(bridge, person):
    for count in range(2):
        bridge.call("sign", LOGIN | {"nonce": str(count) * 43})
    assert [type(question).__name__ for question in person.questions] == ["OriginQuestion", "PinRequest", "PinRequest"]
    assert bridge.grants.granted() == [ORIGIN]


def test_an_origin_that_the_person_refuses_gets_nothing_and_is_asked_again(bridge, person):
    person.allows = False
    for _ in range(2):
        assert bridge.call("sign", LOGIN).json == {"outcome": "origin-refused", "tries_left": None}
    assert len(person.questions) == 2
    assert bridge.grants.granted() == []


def test_the_holder_is_told_to_a_confirmed_origin_only(bridge):
    assert bridge.call("status").json["holder"] is None
    bridge.call("sign", LOGIN)
    assert bridge.call("status").json["holder"]["name"] == "Jeanne DUPONT"


def test_the_status_names_the_reader_the_state_and_the_tries(bridge, reader):
    seen = bridge.call("status").json
    assert (seen["state"], seen["reader"], seen["tries_left"]) == ("ready", reader.name, 3)
    assert seen["pin_from_page"] is False
    assert bridge.call("status").json["changes"] == seen["changes"]
    reader.pull()
    after = bridge.call("status").json
    assert after["state"] == "no-card"
    assert after["changes"] != seen["changes"]


def test_a_wrong_pin_ends_the_request_and_says_how_many_tries_are_left(bridge, person):
    person.pin = "0000"
    assert bridge.call("sign", LOGIN).json == {"outcome": "pin-wrong", "tries_left": 2}
    person.pin = "1234"
    assert "assertion" in bridge.call("sign", LOGIN).json


def test_a_nonce_is_signed_once(bridge, person):
    assert "assertion" in bridge.call("sign", LOGIN).json
    asked = len(person.questions)
    assert bridge.call("sign", LOGIN).json == {"outcome": "nonce-used", "tries_left": None}
    assert len(person.questions) == asked


def test_without_a_card_nobody_is_asked(bridge, person, reader):
    reader.pull()
    assert bridge.call("sign", LOGIN).json["outcome"] == "no-card"
    assert person.questions == []


def test_a_card_that_is_pulled_while_the_pin_is_asked_is_named(bridge, person, reader):
    bridge.grants.add(ORIGIN)
    person.meanwhile = lambda _patience: reader.pull()
    assert bridge.call("sign", LOGIN).json["outcome"] == "card-removed"


def test_one_operation_at_a_time(bridge, person):
    """A second page is told so at once; the state is still answered."""
    bridge.grants.add(ORIGIN)
    asking, finish = Event(), Event()

    def wait(_patience):
        asking.set()
        finish.wait(20)

    person.meanwhile = wait
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(bridge.call, "sign", LOGIN)
        assert asking.wait(20)
        assert bridge.call("sign", LOGIN | {"nonce": "m" * 43}).json["outcome"] == "busy"
        assert bridge.call("status").status == 200
        finish.set()
        assert "assertion" in first.result(20).json


class HeldReaders:
    """Readers that a first look waits for, as when a card answers slowly."""

    def __init__(self, readers: CardReaders) -> None:
        self._readers = readers
        self.asked, self.answer = Event(), Event()

    def slots(self) -> Sequence[Slot]:
        self.asked.set()
        self.answer.wait(20)
        return self._readers.slots()


def test_a_signature_waits_for_a_look_that_a_page_has_asked_for(tmp_path, reader, person):
    """A page looks four times a second after an outcome, while the person presses to try again."""
    readers = HeldReaders(reader)
    with running_bridge(tmp_path, readers, person) as bridge, ThreadPoolExecutor(2) as pool:
        status = pool.submit(bridge.call, "status")
        assert readers.asked.wait(20)
        signed = pool.submit(bridge.call, "sign", LOGIN)
        with pytest.raises(TimeoutError):
            signed.result(0.3)
        readers.answer.set()
        assert "assertion" in signed.result(20).json
        assert status.result(20).json["state"] == "ready"


@pytest.mark.parametrize(("caller", "outcome"), [(ORIGIN, "pin-cancelled"), (OTHER, None)])
def test_a_page_calls_off_its_own_operation_only(tmp_path, reader, person, caller, outcome):
    asking, answered = Event(), Event()

    def wait(patience):
        asking.set()
        answered.wait(20)
        patience.cancelled.wait(0.1)

    person.meanwhile = wait
    with (
        running_bridge(tmp_path, reader, person, settings=BridgeSettings(origins=(ORIGIN, OTHER))) as bridge,
        ThreadPoolExecutor(1) as pool,
    ):
        bridge.grants.add(ORIGIN)
        first = pool.submit(bridge.call, "sign", LOGIN)
        assert asking.wait(20)
        assert bridge.call("cancel", Origin=caller).status == 200
        answered.set()
        assert first.result(20).json.get("outcome") == outcome


def test_a_page_that_is_closed_closes_its_window(bridge, person):
    """The connection of its call ends, and nobody would see the answer."""
    bridge.grants.add(ORIGIN)
    asking, closed = Event(), Event()

    def wait(patience):
        asking.set()
        if patience.cancelled.wait(20):
            closed.set()

    person.meanwhile = wait
    connection = http.client.HTTPConnection("127.0.0.1", bridge.port)
    headers = {name.replace("_", "-"): str(value) for name, value in page_headers().items()}
    connection.request("POST", "/v1/sign", json.dumps(LOGIN), headers)
    assert asking.wait(20)
    connection.close()
    assert closed.wait(10)
    person.meanwhile = lambda _patience: None
    until(lambda: "assertion" in bridge.call("sign", LOGIN).json)  # the nonce was not used


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ([], "JSON object"),
        ({"purpose": "login"}, "nonce"),
        ({"purpose": "sign-anything", "nonce": NONCE}, "purpose"),
        ({"purpose": "login", "nonce": "short"}, "nonce"),
        ({"purpose": "login", "nonce": "n" * 513}, "nonce"),
        ({"purpose": "login", "nonce": NONCE + "\n"}, "nonce"),
        ({"purpose": "login", "nonce": NONCE, "code": "<b>"}, "code"),
        ({"purpose": "login", "nonce": NONCE, "code": "ABC\n"}, "code"),
        ({"purpose": "login", "nonce": NONCE, "origin": ORIGIN}, "members"),
        ({"purpose": "login", "nonce": NONCE, "hash": "00"}, "members"),
        ({"purpose": "login", "nonce": NONCE, "pin": "1234"}, "pin"),
    ],
)
def test_a_wrong_member_is_named_and_nobody_is_asked(bridge, person, members, named):
    answer = bridge.call("sign", members)
    assert answer.status == 400
    assert named in answer.body.decode()
    assert "1234" not in answer.body.decode()
    assert person.questions == []


def test_a_pin_of_the_page_is_accepted_only_by_a_setting_and_still_confirmed_here(tmp_path: Path, reader, person):
    settings = BridgeSettings(origins=(ORIGIN,), pin_from_page=True)
    person.pin = "0000"  # nobody types it
    with running_bridge(tmp_path, reader, person, settings=settings) as bridge:
        assert bridge.call("status").json["pin_from_page"] is True
        answer = bridge.call("sign", LOGIN | {"pin": "1234"})
        assert "assertion" in answer.json
        assert [type(question).__name__ for question in person.questions] == ["OriginQuestion", "PinRequest"]
        person.allows = False
        refused = bridge.call("sign", LOGIN | {"nonce": "m" * 43, "pin": "1234"})
        assert refused.json["outcome"] == "pin-cancelled"
    assert look(reader).tries_left == 3
