"""Which way the PIN is asked: the reader's keypad before any window, and the tick before the last try."""

from card_bridge.workstation.pin_entry.base import Pinpad, TypedOnPinpad
from card_bridge.workstation.pin_entry.dialogs import Patience
from card_bridge.workstation.pin_entry.prompt import OperationPrompt
from tests.card_bridge.workstation.people import AnsweringPerson
from tests.card_bridge.workstation.requests import FOUR_DIGITS, pin_request


class Keypad:
    """A reader's keypad on which the right PIN is typed."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, bool]] = []

    def send(self, command: bytes, accepted: bool) -> bytes:
        self.sent.append((command, accepted))
        return b"\x90\x00"

    @property
    def pinpad(self) -> Pinpad:
        return Pinpad(command=b"\x00\x20\x00\x01", format=FOUR_DIGITS, send=self.send)


def ask(person: AnsweringPerson, keypad: Keypad, *, tries_left: int):
    prompt = OperationPrompt(person, code="KMT 482", patience=Patience())
    return prompt.ask(pin_request(tries_left=tries_left, pinpad=keypad.pinpad))


def test_the_keypad_of_the_reader_is_used_when_there_is_one():
    person, keypad = AnsweringPerson(pin=None), Keypad()
    assert ask(person, keypad, tries_left=3) == TypedOnPinpad(status=b"\x90\x00")
    assert keypad.sent == [(b"\x00\x20\x00\x01", False)]
    assert person.codes == ["KMT 482"]


def test_the_keypad_takes_the_last_try_after_the_tick_only():
    person, keypad = AnsweringPerson(pin=None, allows=False), Keypad()
    assert ask(person, keypad, tries_left=1) is None
    assert keypad.sent == []
    person.allows = True
    assert ask(person, keypad, tries_left=1) == TypedOnPinpad(status=b"\x90\x00")
    assert keypad.sent == [(b"\x00\x20\x00\x01", True)]
