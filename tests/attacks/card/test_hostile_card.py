"""A hostile card, or a hostile reader, that answers anything at any moment.

Every operation ends in a state, an outcome, or a right signature; it takes a bounded number of commands, and sends the
PIN once at most.
"""

import itertools
import tracemalloc

import pytest
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st

from card_bridge.assertion import Purpose, signed_text
from card_bridge.certificate import CardCertificate
from card_bridge.states import CardState
from card_bridge.workstation.apdu import Limits
from card_bridge.workstation.connection import CardMute, CardRemoved, NoReaderService, ReaderUnplugged
from card_bridge.workstation.operation import Signed, look, sign
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from tests.card_bridge.workstation.scripted import (
    CPS3_ATR,
    CPS4_ATR,
    Answering,
    OneSlot,
    Slots,
    Types,
    never_asked,
    tlv,
)

FIELDS = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43, "presence": b"p" * 32}
MOST_COMMANDS = Limits().commands
FAILURES = st.sampled_from([CardRemoved(), CardMute(), ReaderUnplugged(), NoReaderService()])
STATUS = st.sampled_from(
    ["9000", "6100", "61FF", "6C00", "6C01", "6282", "6300", "63C0", "63CF", "6982", "6983", "6984"]
)
ANSWERS = st.one_of(
    FAILURES,
    st.binary(max_size=300),
    STATUS.map(bytes.fromhex),
    st.builds(lambda data, status: data + bytes.fromhex(status), st.binary(max_size=256), STATUS),
)


@st.composite
def lies(draw):
    """What replaces the answers: the number of a command, and how its answer is changed."""
    changes = {}
    for _lie in range(draw(st.integers(1, 4))):
        changes[draw(st.integers(0, 60))] = draw(
            st.one_of(ANSWERS, st.tuples(st.integers(0, 400), st.integers(0, 255)))
        )
    return changes


class Lying:
    """A connection to a virtual card that changes some of its answers: another one, or one octet of the right one."""

    def __init__(self, card, changes):
        self._card = card
        self._changes = changes
        self._number = itertools.count()
        self.atr = card.atr
        self.verify_pin_direct = None
        self.commands = []

    def transmit(self, octets):
        octets = bytes(octets)
        self.commands.append(octets)
        if self._card.is_t0 and len(octets) == 6 + octets[4 if len(octets) > 5 else 0] and len(octets) > 5:
            octets = octets[:-1]
        answer = self._card.transmit(octets)
        match self._changes.get(next(self._number)):
            case None:
                return answer
            case (place, octet):
                changed = bytearray(answer)
                changed[place % len(changed)] = octet
                return bytes(changed)
            case bytes() as other:
                return other
            case failure:
                raise failure

    def close(self):
        self._card.reset()


@pytest.mark.parametrize("persona", [personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])
@settings(max_examples=80)
@given(changes=lies())
def test_a_card_that_lies_ends_in_a_state_or_a_right_signature(authority, persona, changes):
    connection = Lying(make_card(persona, authority), changes)
    answer = sign(Slots(OneSlot(connection)), **FIELDS, pin_prompt=Types("1234", last_try_accepted=True))
    assert len(connection.commands) <= 2 * MOST_COMMANDS
    assert sum(b"1234" in command for command in connection.commands) <= 1
    if isinstance(answer, Signed):
        modulus, exponent = CardCertificate.parse(answer.assertion.certificate).rsa_numbers
        text = signed_text(**FIELDS, certificate=answer.assertion.certificate)
        key = RSAPublicNumbers(exponent, modulus).public_key()
        key.verify(answer.assertion.signature, text, padding.PKCS1v15(), SHA256())


@pytest.mark.parametrize("atr", [CPS3_ATR, CPS4_ATR], ids=["CPS3", "CPS4"])
@settings(max_examples=150)
@given(answers=st.lists(ANSWERS, max_size=40), last=ANSWERS)
def test_a_card_that_answers_anything_is_never_given_a_pin(atr, answers, last):
    remaining = iter(answers)
    card = Answering(lambda _command: next(remaining, last), atr=atr)
    state = look(Slots(OneSlot(card))).state
    assert state not in (CardState.READY, CardState.EXPIRES_SOON)
    assert card.commands <= MOST_COMMANDS
    assert card.closed


ENDLESS = {
    "data that never end": lambda _command: bytes.fromhex("61FF"),
    "full answers that never end": lambda _command: b"\xaa" * 256 + bytes.fromhex("6100"),
    "a length that is never right": lambda _command: bytes.fromhex("6C10"),
    "files without an end": lambda _command: tlv(0x30, bytes(200)) + b"\x90\x00",
    "files of eight kilobytes": lambda _command: tlv(0x62, tlv(0x80, b"\x7f\xff")) + b"\x90\x00",
    "nested objects": lambda _command: b"\x30\x80" * 100 + b"\x90\x00",
    "nothing": lambda _command: b"\x90\x00",
}


@pytest.mark.parametrize("atr", [CPS3_ATR, CPS4_ATR], ids=["CPS3", "CPS4"])
@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_card_that_never_ends_is_stopped(atr, answer):
    card = Answering(answer, atr=atr)
    tracemalloc.start()
    try:
        reason = sign(Slots(OneSlot(card)), **FIELDS, pin_prompt=never_asked).reason
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reason in (CardState.UNREADABLE, CardState.NOT_ACTIVATED)
    assert card.commands <= MOST_COMMANDS
    assert peak < 2_000_000  # octets


def test_a_card_whose_key_does_not_match_its_certificate_signs_nothing(authority):
    """The signature is checked before it leaves the workstation."""
    card = make_card(personas.DOCTOR, authority)
    card._keys = dict.fromkeys(card._keys, card._keys[129])
    answer = sign(Slots(OneSlot(Lying(card, {}))), **FIELDS, pin_prompt=Types("1234"))
    assert answer.reason is CardState.UNREADABLE
