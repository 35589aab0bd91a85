"""A person who answers the bridge's questions at once, in the place of the windows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from card_bridge.workstation.pin_entry.base import Pin, PinRequest
from card_bridge.workstation.pin_entry.dialogs import OriginQuestion, Patience


@dataclass
class AnsweringPerson:
    """Implements `Dialogs`, and remembers every question."""

    pin: str | None = "1234"
    allows: bool = True
    questions: list[OriginQuestion | PinRequest] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    meanwhile: Callable[[Patience], None] = lambda _patience: None
    """What happens while a window is open."""

    def in_language(self, language: str) -> Self:
        self.languages.append(language)
        return self

    def confirm_origin(self, question: OriginQuestion, patience: Patience) -> bool:
        self._hears(question, question.code, patience)
        return self.allows and not patience.cancelled.is_set()

    def ask_pin(self, request: PinRequest, code: str, patience: Patience) -> Pin | None:
        self._hears(request, code, patience)
        if self.pin is None or patience.cancelled.is_set() or not request.card_is_present():
            return None
        return Pin(self.pin.encode(), last_try_accepted=request.is_last_try)

    def confirm_use(self, request: PinRequest, code: str, patience: Patience) -> bool:
        self._hears(request, code, patience)
        return self.allows

    def during_pinpad(self, request: PinRequest, code: str, patience: Patience, typed: Callable[[], bytes]) -> bytes:
        self._hears(request, code, patience)
        return typed()

    def _hears(self, question: OriginQuestion | PinRequest, code: str, patience: Patience) -> None:
        self.questions.append(question)
        self.codes.append(code)
        self.meanwhile(patience)
