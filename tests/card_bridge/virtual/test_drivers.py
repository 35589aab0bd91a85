"""The drivers against the virtual cards. Each was written apart from the other, from the published facts."""

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from card_bridge.assertion import Purpose, signed_text
from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.operation import NotSigned, Signed, look, sign
from card_bridge.workstation.pin_entry.base import Pin, PinRequest
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.pkcs15 import FileIds, PinFormat
from card_bridge.workstation.virtual.software import SoftwareReader

ORIGIN, NONCE, PRESENCE = "https://id.example", "n" * 43, hashlib.sha256(b"token").digest()
BOTH_CARDS = pytest.mark.parametrize("persona", [personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])
SIGNS = frozenset({CardState.READY, CardState.EXPIRES_SOON})
STATES = {
    "expires-soon": CardState.EXPIRES_SOON,
    "expired": CardState.EXPIRED,
    "not-yet-valid": CardState.NOT_YET_VALID,
    "not-activated": CardState.NOT_ACTIVATED,
    "pin-blocked": CardState.PIN_BLOCKED,
}


class Types:
    """A person who types a PIN, and keeps what the request for it said."""

    def __init__(self, pin: str) -> None:
        self._pin = pin
        self.requests: list[PinRequest] = []

    def ask(self, request: PinRequest) -> Pin:
        self.requests.append(request)
        return Pin(self._pin.encode(), last_try_accepted=True)


def _sign(reader: SoftwareReader, prompt: Types) -> Signed | NotSigned:
    return sign(reader, purpose=Purpose.LOGIN, origin=ORIGIN, nonce=NONCE, pin_prompt=prompt, presence=PRESENCE)


@pytest.mark.parametrize("persona", personas.PERSONAS, ids=lambda persona: persona.name)
def test_each_card_is_seen_in_its_state(authority, persona):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority))
    state = STATES.get(persona.name, CardState.READY)
    assert look(reader).state is state
    result = _sign(reader, Types("1234"))
    if state in SIGNS:
        assert isinstance(result, Signed)
    else:
        assert result == NotSigned(reason=state, tries_left=look(reader).tries_left)


@BOTH_CARDS
@settings(max_examples=20)
@given(random=st.randoms(use_true_random=True))
def test_a_card_with_other_files_signs_what_the_service_expects(authority, persona, random):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority, ids=FileIds.invented(random)))
    result = _sign(reader, Types("1234"))
    assert isinstance(result, Signed)
    certificate = result.assertion.certificate
    assert certificate == authority.issue(persona).der
    text = signed_text(purpose=Purpose.LOGIN, origin=ORIGIN, nonce=NONCE, certificate=certificate, presence=PRESENCE)
    key = load_der_x509_certificate(certificate).public_key()
    key.verify(result.assertion.signature, text, PKCS1v15(), SHA256())


@BOTH_CARDS
def test_the_pin_is_asked_as_the_card_describes_it(authority, persona):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority, pin=PinFormat(least=4, most=8, stored=8, padding=0xFF)))
    person = Types("1234")
    assert isinstance(_sign(reader, person), Signed)
    asked = person.requests[0].format
    assert (asked.least, asked.most, asked.stored_length, asked.padding) == (4, 8, 8, 0xFF)


@BOTH_CARDS
def test_three_wrong_pins_block_the_card(authority, persona):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority))
    results = [_sign(reader, Types("9999")) for _ in range(3)]
    assert results[:2] == [
        NotSigned(reason=SignOutcome.PIN_WRONG, tries_left=2),
        NotSigned(reason=SignOutcome.PIN_WRONG, tries_left=1),
    ]
    assert results[2].tries_left == 0
    assert look(reader).state is CardState.PIN_BLOCKED


@BOTH_CARDS
def test_the_card_is_reset_after_the_signature(authority, persona):
    reader = SoftwareReader()
    card = make_card(persona, authority)
    reader.insert(card)
    assert isinstance(_sign(reader, Types("1234")), Signed)
    connection = reader.connect()
    prefix = "01A40404088025000001FF0100" if persona is personas.NURSE else "00A40004023F00"
    connection.transmit(bytes.fromhex(prefix))
    asked = "01200001" if persona is personas.NURSE else "00200001"
    assert connection.transmit(bytes.fromhex(asked)).hex() == "63c3"


def test_looking_asks_for_no_pin(authority):
    reader = SoftwareReader()
    card = make_card(personas.DOCTOR, authority)
    reader.insert(card)
    look(reader)
    assert not [header for header in card.trace if header[2:4] in ("22", "88", "2A")]
