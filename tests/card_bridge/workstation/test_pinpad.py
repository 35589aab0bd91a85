"""A PIN typed on the keypad of the reader: it never reaches this computer, and the last try still needs the tick."""

import pytest

from card_bridge.assertion import Purpose
from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.operation import NotSigned, Signed, look, sign
from card_bridge.workstation.pin_entry.base import TypedOnPinpad
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.pkcs15 import PinFormat
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.card_bridge.workstation.scripted import OneSlot, Slots

FIELDS = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43}


class WithKeypad:
    """A connection to a virtual card through a reader with a keypad, on which this PIN is typed.

    `status` is the reader's own answer, instead of the card's.
    """

    def __init__(self, card, pin, *, status=None):
        self._card = card
        self._reader = SoftwareReader()
        self._reader.insert(card)
        self._connection = self._reader.connect()
        self._pin = pin.encode()
        self._status = status
        self.atr = card.atr
        self.structures = []
        self.commands = []

    def transmit(self, octets):
        self.commands.append(bytes(octets))
        return self._connection.transmit(octets)

    def close(self):
        self._connection.close()

    def verify_pin_direct(self, structure):
        """As the reader does: complete the command with the PIN, and send it."""
        self.structures.append(structure)
        if self._status is not None:
            return self._status
        return self._connection.transmit(structure[:4] + bytes([len(self._pin)]) + self._pin)


class UsesKeypad:
    """The person types on the keypad. The structure is the command itself, which is enough here."""

    def __init__(self, *, last_try_accepted=False):
        self._last_try_accepted = last_try_accepted
        self.request = None

    def ask(self, request):
        self.request = request
        assert request.pinpad is not None
        return TypedOnPinpad(status=request.pinpad.send(request.pinpad.command, self._last_try_accepted))


def typed(authority, pin, *, persona=personas.DOCTOR, tries=3, status=None, last_try_accepted=False):
    """What an operation gives, the connection and the prompt."""
    card = make_card(persona, authority)
    card._tries.left = tries
    connection = WithKeypad(card, pin, status=status)
    prompt = UsesKeypad(last_try_accepted=last_try_accepted)
    return sign(Slots(OneSlot(connection)), **FIELDS, pin_prompt=prompt), connection, prompt


@pytest.mark.parametrize("persona", [personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])
def test_a_pin_typed_on_the_keypad_signs_and_never_reaches_this_computer(authority, persona):
    answer, connection, _prompt = typed(authority, "1234", persona=persona)
    assert isinstance(answer, Signed)
    assert not any(b"1234" in command for command in connection.commands)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (bytes.fromhex("6400"), SignOutcome.PIN_TIMED_OUT),
        (bytes.fromhex("6401"), SignOutcome.PIN_CANCELLED),
        (bytes.fromhex("6403"), SignOutcome.PIN_WRONG),
        (bytes.fromhex("6984"), CardState.NOT_ACTIVATED),
        (b"", CardState.UNREADABLE),
    ],
)
def test_the_readers_own_answers_have_their_outcomes(authority, status, reason):
    answer, _connection, _prompt = typed(authority, "1234", status=status)
    assert answer.reason is reason


def test_a_wrong_pin_on_the_keypad_tells_the_tries(authority):
    answer, _connection, _prompt = typed(authority, "9999")
    assert answer == NotSigned(reason=SignOutcome.PIN_WRONG, tries_left=2)


def test_the_keypad_does_not_use_the_last_try_without_the_tick(authority):
    answer, connection, _prompt = typed(authority, "1234", tries=1)
    assert answer == NotSigned(reason=SignOutcome.PIN_CANCELLED, tries_left=1)
    assert connection.structures == []
    assert isinstance(typed(authority, "1234", tries=1, last_try_accepted=True)[0], Signed)


def test_the_command_that_the_reader_completes_has_the_padding_of_the_card(authority):
    card = make_card(personas.DOCTOR, authority, pin=PinFormat(least=4, most=8, stored=8, padding=0xFF))
    prompt = UsesKeypad()
    sign(Slots(OneSlot(WithKeypad(card, "1234"))), **FIELDS, pin_prompt=prompt)
    assert prompt.request.pinpad.command == bytes.fromhex("00200001 08 FFFFFFFFFFFFFFFF")


def test_a_look_does_not_use_the_keypad(authority):
    connection = WithKeypad(make_card(personas.DOCTOR, authority), "1234")
    assert look(Slots(OneSlot(connection))).state is CardState.READY
    assert connection.structures == []
