"""The bridge's questions on the page of the virtual kit, for a computer that can show no window.

The page has one button for the right PIN and one for a wrong PIN. Both are public, and no PIN is typed in the page. A
question and its answer are files of the kit's folder, since the page is another program than the bridge.
"""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from card_bridge.workstation.pin_entry.base import Pin, PinRequest, PinTimedOut
from card_bridge.workstation.pin_entry.dialogs import OriginQuestion, Patience
from card_bridge.workstation.pin_entry.questions import (
    Question,
    origin_question,
    pin_question,
    pinpad_question,
    use_question,
)
from card_bridge.workstation.texts import LANGUAGES
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.personas import PIN

WRONG_PIN: Final = "9999"
_QUESTION, _ANSWER = "question.json", "answer.json"
_POLL: Final = 0.1  # seconds


class Answer(StrEnum):
    """What a button of the page says."""

    ACCEPT = "accept"
    RIGHT_PIN = "right-pin"
    WRONG_PIN = "wrong-pin"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuestion:
    """A question that waits on the page."""

    id: str
    language: str
    heading: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    answers: tuple[Answer, ...]


class Questions:
    """The question of a kit that waits for an answer."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    @property
    def are_asked_here(self) -> bool:
        """Whether the bridge asks on the page."""
        return (self._kit.folder / _QUESTION).exists()

    def clear(self) -> None:
        """No question waits; a bridge that asks on the page has started."""
        self._kit.write(_QUESTION, {})

    def ask(self, question: ShownQuestion) -> None:
        self._kit.write(_QUESTION, asdict(question))

    @property
    def waiting(self) -> ShownQuestion | None:
        kept = self._kit.read(_QUESTION)
        try:
            return ShownQuestion(
                id=str(kept["id"]),
                language=LANGUAGES[LANGUAGES.index(kept["language"])],
                heading=str(kept["heading"]),
                facts=tuple((str(name), str(value)) for name, value in kept["facts"]),
                warnings=tuple(str(each) for each in kept["warnings"]),
                answers=tuple(Answer(each) for each in kept["answers"]),
            )
        except (KeyError, ValueError, TypeError):
            return None

    def answer(self, answer: Answer, *, to: str) -> None:
        """Answer the question that has the identifier `to`, if it still waits and offers this answer."""
        if (question := self.waiting) is not None and question.id == to and answer in question.answers:
            self.clear()
            self._kit.write(_ANSWER, {"to": to, "answer": answer})

    def answer_to(self, question: str) -> Answer | None:
        """What was answered; None while nothing was."""
        kept: Any = self._kit.read(_ANSWER)
        return Answer(kept["answer"]) if kept.get("to") == question else None


class KitDialogs:
    """Shows the questions of the bridge on the page of a kit."""

    def __init__(self, kit: Kit, language: str) -> None:
        self._kit = kit
        self._questions = Questions(kit)
        self._language = language
        self._questions.clear()

    def in_language(self, language: str) -> "KitDialogs":
        return KitDialogs(self._kit, language)

    def confirm_origin(self, question: OriginQuestion, patience: Patience) -> bool:
        shown = origin_question(question, self._language)
        return self._answer(shown, patience, Answer.ACCEPT, Answer.REFUSE) is Answer.ACCEPT

    def ask_pin(self, request: PinRequest, code: str, patience: Patience) -> Pin | None:
        """The right or a wrong PIN. Each button says that it may use the last try."""
        shown = pin_question(request, code, self._language)
        offered = Answer.RIGHT_PIN, Answer.WRONG_PIN, Answer.REFUSE
        answer = self._answer(shown, patience, *offered, is_wanted=request.card_is_present)
        if answer is Answer.REFUSE:
            return None
        typed = PIN if answer is Answer.RIGHT_PIN else WRONG_PIN
        return Pin(typed.encode(), last_try_accepted=request.is_last_try)

    def confirm_use(self, request: PinRequest, code: str, patience: Patience) -> bool:
        shown = use_question(request, code, self._language)
        answer = self._answer(shown, patience, Answer.ACCEPT, Answer.REFUSE, is_wanted=request.card_is_present)
        return answer is Answer.ACCEPT

    def during_pinpad(self, request: PinRequest, code: str, patience: Patience, typed: Callable[[], bytes]) -> bytes:
        del patience  # the keypad has a time limit of its own
        self._questions.ask(self._shown(pinpad_question(request, code, self._language), ()))
        try:
            return typed()
        finally:
            self._questions.clear()

    def _answer(
        self,
        question: Question,
        patience: Patience,
        *offered: Answer,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Answer:
        """The answer; a refusal when the page of the service calls off, or the card is gone.

        Raises:
            PinTimedOut: the time is over.
        """
        shown = self._shown(question, offered)
        self._questions.ask(shown)
        try:
            while (answer := self._questions.answer_to(shown.id)) is None:
                if not is_wanted() or patience.cancelled.wait(_POLL):
                    return Answer.REFUSE
                if patience.left == 0:
                    raise PinTimedOut
            return answer
        finally:
            self._questions.clear()

    def _shown(self, question: Question, answers: tuple[Answer, ...]) -> ShownQuestion:
        return ShownQuestion(
            id=secrets.token_urlsafe(16),
            language=self._language,
            heading=question.heading,
            facts=question.facts,
            warnings=question.warnings,
            answers=answers,
        )
