"""The bridge's own window, the real one on a display of its own: it shows what it must, and returns what was typed."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event
from typing import Any

import psutil
import pytest

from card_bridge.workstation.pin_entry.base import PinTimedOut, PinUnavailable
from card_bridge.workstation.pin_entry.dialogs import OriginQuestion, Patience
from card_bridge.workstation.pin_entry.window import WindowDialogs
from tests.card_bridge.workstation.requests import JEANNE, pin_request
from tests.card_bridge.workstation.x11 import Person, running_display
from tests.processes import until

pytestmark = pytest.mark.slow

QUESTION = OriginQuestion(origin="https://id.example", code="KMT 482", holder=JEANNE)
WINDOW = "Carte CPS"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with running_display() as name:
        yield name


@pytest.fixture
def person(display: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    monkeypatch.setenv("DISPLAY", display)
    person = Person(display)
    yield person
    for title in (WINDOW, "CPS card"):  # the next test must not take the window of this one for its own
        person.sees_none(title)
    person.close()


@pytest.fixture
def asked() -> Iterator[Callable[..., "Future[Any]"]]:
    """Asks in another thread, as the bridge does."""
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit


@pytest.fixture
def dialogs() -> WindowDialogs:
    return WindowDialogs("fr")


def clicks(answer: "Future[Any]", click: Callable[[], None]) -> bool:
    """Click, and wait a moment for what comes of it: a window may still be moving to its place."""
    click()
    wait([answer], timeout=1)
    return answer.done()


def ticks_and_accepts(person: Person, window: int, answer: "Future[Any]") -> None:
    def both() -> None:
        person.clicks_tick(window, above=2)
        person.clicks_accept(window)

    until(lambda: answer.done() or clicks(answer, both))


def test_the_pin_that_is_typed_is_returned(dialogs, person, asked):
    answer = asked(dialogs.ask_pin, pin_request(), "KMT 482", Patience())
    person.sees(WINDOW)
    person.types("1234")
    person.presses_return()
    pin = answer.result(20)
    assert (bytes(pin.octets), pin.last_try_accepted) == (b"1234", False)
    person.sees_none(WINDOW)


def test_a_pin_of_another_length_is_asked_again_without_a_try(dialogs, person, asked):
    answer = asked(dialogs.ask_pin, pin_request(), "", Patience())
    person.sees(WINDOW)
    for typed in ("12", "12345", "12a4", "4321"):
        person.types(typed)
        person.presses_return()
    assert bytes(answer.result(20).octets) == b"4321"


def test_the_last_try_needs_the_tick(dialogs, person, asked):
    answer = asked(dialogs.ask_pin, pin_request(tries_left=1), "", Patience())
    window = person.sees(WINDOW)
    person.types("1234")
    person.presses_return()
    person.clicks_accept(window)
    assert not answer.done()
    ticks_and_accepts(person, window, answer)
    pin = answer.result(20)
    assert (bytes(pin.octets), pin.last_try_accepted) == (b"1234", True)


def test_escape_cancels(dialogs, person, asked):
    answer = asked(dialogs.ask_pin, pin_request(), "", Patience())
    person.sees(WINDOW)
    person.presses_escape()
    assert answer.result(20) is None


def test_the_page_can_call_the_question_off(dialogs, person, asked):
    patience = Patience()
    answer = asked(dialogs.ask_pin, pin_request(), "", patience)
    person.sees(WINDOW)
    patience.cancelled.set()
    assert answer.result(20) is None
    person.sees_none(WINDOW)


def test_the_window_closes_when_the_card_is_pulled(dialogs, person, asked):
    pulled = Event()
    answer = asked(dialogs.ask_pin, pin_request(card_is_present=lambda: not pulled.is_set()), "", Patience())
    person.sees(WINDOW)
    pulled.set()
    assert answer.result(20) is None
    person.sees_none(WINDOW)


def test_the_question_ends_by_itself(dialogs, person):
    short = Patience(until=Patience().until - 59)
    with pytest.raises(PinTimedOut):
        dialogs.ask_pin(pin_request(), "", short)
    person.sees_none(WINDOW)


def test_an_origin_is_allowed_by_a_click_and_by_no_key_that_was_meant_for_another_window(dialogs, person, asked):
    answer = asked(dialogs.confirm_origin, QUESTION, Patience())
    window = person.sees(WINDOW, focused=False)
    person.presses_return()
    person.presses_space()
    assert not answer.done()
    until(lambda: answer.done() or clicks(answer, lambda: person.clicks_accept(window)))
    assert answer.result(20) is True


def test_a_signature_with_the_last_try_is_confirmed_with_the_tick(dialogs, person, asked):
    answer = asked(dialogs.confirm_use, pin_request(tries_left=1), "", Patience())
    window = person.sees(WINDOW, focused=False)
    person.clicks_accept(window)
    assert not answer.done()
    ticks_and_accepts(person, window, answer)
    assert answer.result(20) is True


def test_a_notice_stays_while_the_reader_waits_for_its_keypad(dialogs, person, asked):
    typed = Event()

    def wait_for_keypad() -> bytes:
        typed.wait(20)
        return b"\x90\x00"

    answer = asked(dialogs.during_pinpad, pin_request(), "", Patience(), wait_for_keypad)
    person.sees(WINDOW, focused=False)
    typed.set()
    assert answer.result(20) == b"\x90\x00"
    person.sees_none(WINDOW)


def test_the_window_speaks_english_too(person, asked):
    patience = Patience()
    answer = asked(WindowDialogs("en").confirm_origin, QUESTION, patience)
    person.sees("CPS card", focused=False)
    patience.cancelled.set()
    assert answer.result(20) is False


def test_without_a_display_there_is_no_window(dialogs, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":999")
    with pytest.raises(PinUnavailable):
        dialogs.ask_pin(pin_request(), "", Patience())
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(PinUnavailable):
        dialogs.ask_pin(pin_request(), "", Patience())


def test_a_pin_is_in_no_argument_and_no_variable_of_the_window(dialogs, person, asked):
    """Other users see the arguments of a process; what asks the question is sent to standard input."""
    answer = asked(dialogs.ask_pin, pin_request(), "KMT 482", Patience())
    person.sees(WINDOW)
    arguments = _children_arguments()
    assert any("window_process.py" in argument for argument in arguments)
    assert not any("id.example" in argument or "DUPONT" in argument for argument in arguments)
    person.presses_escape()
    answer.result(20)


def _children_arguments() -> list[str]:
    return [argument for child in psutil.Process().children(recursive=True) for argument in child.cmdline()]
