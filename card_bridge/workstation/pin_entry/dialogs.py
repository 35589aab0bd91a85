"""The questions that the bridge asks the person in its own window, and what can show them.

`pinentry.py` shows them with the pinentry program of the system, `window.py` in a window of the bridge. Neither is a
page of the browser: a page that imitates one learns nothing of a PIN.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Final, Protocol, Self

from card_bridge.workstation.holder import Holder
from card_bridge.workstation.pin_entry.base import Pin, PinRequest

LONGEST_WAIT: Final = 60.0  # seconds, for all the questions of one operation together


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the questions of one operation may stay open, and whether they were called off."""

    until: float = field(default_factory=lambda: time.monotonic() + LONGEST_WAIT)
    """In the time of `time.monotonic`."""
    cancelled: Event = field(default_factory=Event)
    """Set when the page calls the operation off."""

    @property
    def left(self) -> float:
        """Seconds, at least 0."""
        return max(0.0, self.until - time.monotonic())


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginQuestion:
    """May this origin ask for signatures of the card? Asked once for each origin."""

    origin: str
    code: str
    """The short code that the page shows too; "" when it shows none."""
    holder: Holder | None


class Dialogs(Protocol):
    """One way to show questions. A question is refused when the person cancels, or `patience.cancelled` is set.

    It raises `PinTimedOut` when `patience` ends, and `PinUnavailable` when it can show nothing here.
    """

    def in_language(self, language: str) -> Self:
        """The same, with its questions in a language of `texts.LANGUAGES`."""

    def confirm_origin(self, question: OriginQuestion, patience: Patience) -> bool:
        """Whether the person allows the origin."""

    def ask_pin(self, request: PinRequest, code: str, patience: Patience) -> Pin | None:
        """The PIN that the person typed, with their tick for the last try when there is one."""

    def confirm_use(self, request: PinRequest, code: str, patience: Patience) -> bool:
        """Whether the person agrees to this signature, and to the last try if it is one. The PIN is typed elsewhere."""

    def during_pinpad(self, request: PinRequest, code: str, patience: Patience, typed: Callable[[], bytes]) -> bytes:
        """Show where to type while `typed` waits for the keypad of the reader, and return what it returned."""
