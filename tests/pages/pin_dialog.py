"""The dialog in which Chromium itself asks for a card's PIN, on a display: a person waits until it takes keys.

The dialog is one window to X, which has the focus before anything is drawn in it, and loses what is typed until then.
What it shows is therefore looked at: a caret that blinks, then a bullet for each digit.
"""

from itertools import groupby

from tests.card_bridge.workstation.x11 import Person
from tests.processes import until

TITLE = "Unlock Security Device"
"""In the locale C."""

_CARET = 1
"""Pixels across. A bullet has more, and there is space between two bullets."""


def types_the_pin(person: Person, pin: str) -> None:
    """Type it in the dialog as soon as it takes keys, each digit once the one before is seen, and accept it."""
    dialog = until(lambda: person.finds(TITLE), what=f"the dialog {TITLE!r}")
    empty = _waits_for_the_caret(person, dialog)
    for count, digit in enumerate(pin, start=1):
        person.types(digit)
        until(lambda seen=count: _bullets(empty, person.looks_at(dialog)) == seen, what=f"digit {count} in the dialog")
    person.presses_return()
    until(lambda: not person.has(dialog), what="the end of the dialog")


def cancels_it(person: Person) -> bool:
    """Close the dialog if it is there; whether it was."""
    dialog = person.finds(TITLE)
    if dialog is None:
        return False
    _waits_for_the_caret(person, dialog)
    person.presses_escape()
    until(lambda: not person.has(dialog), what="the end of the dialog")
    return True


def _waits_for_the_caret(person: Person, dialog: int) -> list[bytes]:
    """Wait until the field for the PIN has the focus: its caret blinks. Return what the dialog shows then."""
    before = person.looks_at(dialog)

    def blinks() -> list[bytes] | None:
        nonlocal before
        earlier, before = before, person.looks_at(dialog)
        return before if _changes(earlier, before) == [_CARET] else None

    return until(blinks, what="the caret in the dialog")


def _bullets(empty: list[bytes], now: list[bytes]) -> int:
    return sum(width > _CARET for width in _changes(empty, now))


def _changes(one: list[bytes], other: list[bytes]) -> list[int]:
    """The widths of the places where two pictures differ, from the left."""
    differs = (a != b for a, b in zip(one, other, strict=False))
    return [len(list(columns)) for changed, columns in groupby(differs) if changed]
