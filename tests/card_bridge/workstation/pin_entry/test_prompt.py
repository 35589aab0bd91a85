"""Which way the PIN is asked: the reader's keypad before any window, and the tick before the last try."""

from card_bridge.workstation.pin_entry.base import TypedOnPinpad
from card_bridge.workstation.pin_entry.dialogs import LONGEST_WAIT, Patience
from card_bridge.workstation.pin_entry.prompt import OperationPrompt
from tests.card_bridge.workstation.people import AnsweringPerson
from tests.card_bridge.workstation.requests import pin_request


class Keypad:
    """A reader's keypad on which the right PIN is typed."""

    def __init__(self) -> None:
        self.ticks: list[bool] = []
        self.seconds = 0.0

    def verify(self, *, seconds: float, last_try_accepted: bool) -> bytes:
        self.ticks.append(last_try_accepted)
        self.seconds = seconds
        return b"\x90\x00"


def ask(person: AnsweringPerson, keypad: Keypad, *, tries_left: int):
    prompt = OperationPrompt(person, code="KMT 482", patience=Patience())
    return prompt.ask(pin_request(tries_left=tries_left, pinpad=keypad))


def test_the_keypad_of_the_reader_is_used_when_there_is_one():
    person, keypad = AnsweringPerson(pin=None), Keypad()
    assert ask(person, keypad, tries_left=3) == TypedOnPinpad(status=b"\x90\x00")
    assert keypad.ticks == [False]
    assert 0 < keypad.seconds <= LONGEST_WAIT
    assert person.codes == ["KMT 482"]


def test_the_keypad_takes_the_last_try_after_the_tick_only():
    person, keypad = AnsweringPerson(pin=None, allows=False), Keypad()
    assert ask(person, keypad, tries_left=1) is None
    assert keypad.ticks == []
    person.allows = True
    assert ask(person, keypad, tries_left=1) == TypedOnPinpad(status=b"\x90\x00")
    assert keypad.ticks == [True]
