"""A PIN typed on the keypad of the reader: it never reaches this computer, and the last try still needs the tick."""

import pytest

from card_bridge.assertion import Purpose
from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.apdu import Command
from card_bridge.workstation.keypad import pin_verify_structure
from card_bridge.workstation.operation import NotSigned, Signed, look, sign
from card_bridge.workstation.pin_entry.base import PinFormat as CardPinFormat
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
        """As a reader does: put the PIN in the command, and send it."""
        self.structures.append(structure)
        if self._status is not None:
            return self._status
        return self._connection.transmit(completed(structure, self._pin))


def completed(structure, pin):
    """The command that a reader makes of PIN_VERIFY_STRUCTURE (PC/SC part 10 section 2.5.2) and an ASCII PIN.

    Without a block the reader writes Lc; in a block the PIN replaces the first octets.
    """
    block, length = structure[3], int.from_bytes(structure[15:19], "little")
    command = structure[19:]
    assert len(command) == length
    assert structure[2] == 0x82  # octets, position 0, from the left, ASCII
    most, least = structure[5:7]
    assert least <= len(pin) <= most
    header, filler = command[:4], command[5:]
    assert command[4] == block == len(filler)
    data = pin + filler[len(pin) :]
    return header + bytes([len(data)]) + data


class UsesKeypad:
    """The person types on the keypad."""

    def __init__(self, *, last_try_accepted=False):
        self._last_try_accepted = last_try_accepted
        self.request = None

    def ask(self, request):
        self.request = request
        assert request.pinpad is not None
        return TypedOnPinpad(status=request.pinpad.verify(seconds=60, last_try_accepted=self._last_try_accepted))


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
        (bytes.fromhex("6300"), SignOutcome.PIN_WRONG),
        (bytes.fromhex("6700"), SignOutcome.PIN_WRONG),
        (bytes.fromhex("6D00"), CardState.UNREADABLE),
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


@pytest.mark.parametrize("persona", [personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])
@pytest.mark.parametrize(
    "form",
    [
        PinFormat(),
        PinFormat(least=4, most=8, stored=8),
        PinFormat(least=4, most=8, stored=8, padding=0xFF),
        PinFormat(least=4, most=12, stored=12, padding=0x00),
    ],
    ids=["one length", "several lengths", "padded", "padded with zeros"],
)
def test_the_reader_completes_the_command_as_the_card_wants_it(authority, persona, form):
    connection = WithKeypad(make_card(persona, authority, pin=form), "1234")
    assert isinstance(sign(Slots(OneSlot(connection)), **FIELDS, pin_prompt=UsesKeypad()), Signed)


def test_the_structure_is_that_of_the_specification():
    form = CardPinFormat(least=4, most=4, numeric=True, stored_length=0, padding=0xFF)
    structure = pin_verify_structure(form, lambda block: Command(0x00, 0x20, 0x00, 0x01, block), seconds=59.5)
    # the times, the format, the block, no length; 4 to 4 digits; the key that confirms; one message in French
    assert structure[:15] == bytes.fromhex("3B3B 82 04 00 0404 02 01 0C04 00 000000")
    assert structure[15:] == bytes.fromhex("09000000 0020000104FFFFFFFF")


@pytest.mark.parametrize(("seconds", "timeout"), [(0, 1), (0.2, 1), (60, 60), (4000, 255)])
def test_the_reader_waits_for_a_time_that_it_can_count(seconds, timeout):
    form = CardPinFormat(least=4, most=4, numeric=True, stored_length=0, padding=0xFF)
    structure = pin_verify_structure(form, lambda block: Command(0x00, 0x20, 0x00, 0x01, block), seconds=seconds)
    assert structure[0] == structure[1] == timeout


def test_a_look_does_not_use_the_keypad(authority):
    connection = WithKeypad(make_card(personas.DOCTOR, authority), "1234")
    assert look(Slots(OneSlot(connection))).state is CardState.READY
    assert connection.structures == []
