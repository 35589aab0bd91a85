"""The Assuan protocol with a pinentry program, which here answers by itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from card_bridge.workstation.pin_entry.base import PinTimedOut, PinUnavailable
from card_bridge.workstation.pin_entry.dialogs import OriginQuestion, Patience
from card_bridge.workstation.pin_entry.pinentry import PinentryDialogs, graphical_pinentry
from tests.card_bridge.workstation.requests import JEANNE, pin_request

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("fake_pinentry.py")
QUESTION = OriginQuestion(origin="https://id.example", code="KMT 482", holder=JEANNE)


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """What the program was told."""
    return tmp_path / "heard"


@pytest.fixture
def dialogs(heard: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PinentryDialogs]:
    """The dialogs of a program that gives these answers."""

    def answering(*answers: str) -> PinentryDialogs:
        heard.unlink(missing_ok=True)
        monkeypatch.setenv("ANSWERS", "\n".join(answers))
        monkeypatch.setenv("HEARD", str(heard))
        return PinentryDialogs(str(PROGRAM), "en")

    return answering


def test_the_pin_is_asked_with_the_origin_the_holder_the_code_and_the_tries(dialogs, heard):
    pin = dialogs("pin 1234").ask_pin(pin_request(tries_left=2), "KMT 482", Patience())
    assert bytes(pin.octets) == b"1234"
    told = unquote(heard.read_text("utf-8"))
    for expected in ("https://id.example", "Jeanne DUPONT, Médecin", "KMT 482", "Tries left – 2"):
        assert expected in told


def test_an_escaped_pin_is_read(dialogs):
    """Assuan escapes the percent sign, which this card does not take: it is asked again."""
    assert bytes(dialogs("pin 12%25%0A", "pin 12%334").ask_pin(pin_request(), "", Patience()).octets) == b"1234"


def test_a_pin_of_another_length_is_asked_again_and_says_why(dialogs, heard):
    assert bytes(dialogs("pin 12", "ok", "pin 4321").ask_pin(pin_request(), "", Patience()).octets) == b"4321"
    assert "SETERROR The PIN has 4 digits." in unquote(heard.read_text("utf-8"))


def test_the_last_try_is_accepted_first_by_a_button_that_says_so(dialogs, heard):
    pin = dialogs("ok", "pin 1234").ask_pin(pin_request(tries_left=1), "", Patience())
    assert pin.last_try_accepted
    told = unquote(heard.read_text("utf-8"))
    assert "SETOK I use the last try" in told
    assert told.index("CONFIRM") < told.index("GETPIN")


def test_the_last_try_that_is_not_accepted_asks_no_pin(dialogs, heard):
    assert dialogs("cancel").ask_pin(pin_request(tries_left=1), "", Patience()) is None
    assert "GETPIN" not in heard.read_text("utf-8")


@pytest.mark.parametrize("code", ["KMT 482", ""])
def test_the_person_compares_the_code_where_the_page_shows_one(dialogs, heard, code):
    dialogs("ok").confirm_origin(replace(QUESTION, code=code), Patience())
    told = unquote(heard.read_text("utf-8"))
    assert ("The code must be the one that the page shows." in told) == ("Code – " in told) == bool(code)


def test_an_origin_is_confirmed_or_refused(dialogs):
    assert dialogs("ok").confirm_origin(QUESTION, Patience()) is True
    assert dialogs("cancel").confirm_origin(QUESTION, Patience()) is False


@pytest.mark.parametrize(("answer", "raised"), [("timeout", PinTimedOut), ("broken", PinUnavailable)])
def test_a_refusal_of_the_program_is_told_apart(dialogs, answer, raised):
    with pytest.raises(raised):
        dialogs(answer).ask_pin(pin_request(), "", Patience())


def test_a_cancelled_question_asks_nothing_more(dialogs):
    assert dialogs("cancel").ask_pin(pin_request(), "", Patience()) is None


def test_the_page_can_call_the_question_off(dialogs):
    patience = Patience()
    patience.cancelled.set()
    assert dialogs("wait").ask_pin(pin_request(), "", patience) is None


def test_the_question_ends_when_the_card_is_pulled(dialogs):
    assert dialogs("wait").ask_pin(pin_request(card_is_present=lambda: False), "", Patience()) is None


def test_a_program_that_does_not_exist_or_ends_is_unavailable(heard):
    for program in ("/nonexistent/pinentry", "/bin/true"):
        with pytest.raises(PinUnavailable):
            PinentryDialogs(program, "en").ask_pin(pin_request(), "", Patience())


def test_a_line_end_in_the_name_of_a_holder_is_no_command(dialogs, heard):
    """A card may hold any name."""
    hostile = JEANNE.__class__(name="X\nSETDESC forged\r", profession="%0ASETOK yes", expires_on=JEANNE.expires_on)
    dialogs("pin 1234").ask_pin(pin_request(holder=hostile), "", Patience())
    commands = [line.split()[0] for line in heard.read_text("utf-8").splitlines()]
    assert commands == ["SETTIMEOUT", "SETTITLE", "SETDESC", "SETOK", "SETCANCEL", "SETPROMPT", "GETPIN"]


def test_no_pinentry_is_used_without_a_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert graphical_pinentry() is None
