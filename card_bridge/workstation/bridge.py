"""The operations of the bridge: status, signature, cancellation. One at a time, whichever origin asks.

The callers (`app.py`, `hand_off.py`, `commands.py`) have already checked that the origin is on the list.
"""

import hashlib
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread
from typing import Final

from card_bridge.assertion import LONGEST_NONCE, SHORTEST_NONCE, CardAssertion, Purpose
from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation import operation
from card_bridge.workstation.connection import CardReaders, NoReaderService
from card_bridge.workstation.operation import NotSigned, Signed, Workstation
from card_bridge.workstation.origins import Grants
from card_bridge.workstation.pin_entry.base import Pin, PinPrompt, PinTimedOut, PinUnavailable
from card_bridge.workstation.pin_entry.dialogs import Dialogs, OriginQuestion, Patience
from card_bridge.workstation.pin_entry.prompt import OperationPrompt
from card_bridge.workstation.presence import PresenceWatch
from card_bridge.workstation.texts import LANGUAGES

NONCE: Final = re.compile(rf"[A-Za-z0-9_-]{{{SHORTEST_NONCE},{LONGEST_NONCE}}}\Z")
CODE: Final = re.compile(r"[0-9A-Z]{1,4}(?: [0-9A-Z]{1,4}){0,2}\Z")
"""The short code of a page: `KMT 482`."""

_NONCES_KEPT: Final = 1000
_LOOK_EVERY: Final = 0.5  # seconds
_LOOK_WITHIN: Final = 5.0  # seconds that one waits for a look of another call, which reads the card
_SEEN_FOR: Final = 60.0  # seconds: a page asks every second, and other programs cannot reach a card that is read


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRequest:
    """What a page asks the card to sign."""

    origin: str
    purpose: Purpose
    nonce: str
    """Matches `NONCE`."""
    code: str = ""
    """Matches `CODE`, or is empty."""
    language: str = ""
    """Of the questions, as the page speaks; that of the person's session when it is none of `texts.LANGUAGES`."""


class Bridge:
    """The card operations of one user's session."""

    def __init__(self, readers: CardReaders, dialogs: Dialogs, grants: Grants, presence: PresenceWatch) -> None:
        self._readers = readers
        self._dialogs = dialogs
        self._grants = grants
        self._presence = presence
        self._signature = Lock()  # of the one signature under way, from the question to the answer
        self._card = Lock()  # of the one call that uses the readers: a signature, or a look, which is short
        self._stopped = Event()
        self._current: tuple[str, Patience] | None = None
        # The service decides whether a nonce is good. That a nonce is signed once here costs a replay its PIN window.
        self._nonces: OrderedDict[bytes, None] = OrderedDict()
        self._seen: tuple[object, float, Workstation] | None = None

    def look(self) -> Workstation:
        """The state of readers and card; the last known one while a signature has the card."""
        if self._signature.locked() or not self._card.acquire(timeout=_LOOK_WITHIN):
            return self._seen[2] if self._seen else Workstation(state=CardState.READER_BUSY)
        try:
            return self._look()
        finally:
            self._card.release()

    def knows(self, origin: str) -> bool:
        """Whether the person has confirmed the origin. Only such an origin is told the holder."""
        return self._grants.includes(origin)

    def sign(
        self, request: SignRequest, *, page_pin: Pin | None = None, is_abandoned: Callable[[], bool] = lambda: False
    ) -> CardAssertion | NotSigned:
        """Have the card sign, after the person has confirmed the origin and typed the PIN.

        It blocks while a window is open, 60 seconds at most. It waits for a look under way, which any page may have
        asked for; another signature under way is `SignOutcome.BUSY`.

        Args:
            request: what to sign.
            page_pin: a PIN that was typed in the page. The person still confirms in the bridge's window.
            is_abandoned: whether the page that asked is gone. The window is then closed.
        """
        if not self._signature.acquire(blocking=False):
            return NotSigned(reason=SignOutcome.BUSY)
        try:
            if not self._card.acquire(timeout=_LOOK_WITHIN):
                return NotSigned(reason=SignOutcome.BUSY)
            try:
                return self._with_the_card(request, page_pin, is_abandoned)
            finally:
                self._seen = None
                self._card.release()
        finally:
            self._signature.release()

    def cancel(self, origin: str) -> None:
        """Close the window of the operation under way, if this origin has asked for it."""
        if (current := self._current) is not None and current[0] == origin:
            current[1].cancelled.set()

    def stop(self) -> None:
        """Cancel the operation under way, whose window closes, and later ones; end the watch of the cards."""
        self._stopped.set()
        if (current := self._current) is not None:
            current[1].cancelled.set()
        self._presence.stop()

    def _with_the_card(
        self, request: SignRequest, page_pin: Pin | None, is_abandoned: Callable[[], bool]
    ) -> CardAssertion | NotSigned:
        try:
            patience = Patience()
            self._current = request.origin, patience
            if self._stopped.is_set():
                patience.cancelled.set()
            with _cancelled_when(is_abandoned, patience):
                return self._sign(request, patience, page_pin)
        except PinTimedOut:
            return NotSigned(reason=SignOutcome.PIN_TIMED_OUT)
        except PinUnavailable:
            return NotSigned(reason=SignOutcome.PIN_UNAVAILABLE)
        finally:
            self._current = None

    def _sign(self, request: SignRequest, patience: Patience, page_pin: Pin | None) -> CardAssertion | NotSigned:
        digest = hashlib.sha256(request.nonce.encode()).digest()
        if digest in self._nonces:
            return NotSigned(reason=SignOutcome.NONCE_USED)
        dialogs = self._dialogs.in_language(request.language) if request.language in LANGUAGES else self._dialogs
        if not self._grants.includes(request.origin):
            seen = self._look()
            if not seen.state.is_usable:
                return NotSigned(reason=seen.state, tries_left=seen.tries_left)
            question = OriginQuestion(origin=request.origin, code=request.code, holder=seen.holder)
            if not dialogs.confirm_origin(question, patience):
                return NotSigned(reason=SignOutcome.ORIGIN_REFUSED)
            self._grants.add(request.origin)
        prompt = OperationPrompt(dialogs, code=request.code, patience=patience, page_pin=page_pin)
        answer = self._signed(request, prompt)
        if isinstance(answer, CardAssertion):
            self._nonces[digest] = None
            if len(self._nonces) > _NONCES_KEPT:
                self._nonces.popitem(last=False)
        return answer

    def _signed(self, request: SignRequest, prompt: PinPrompt) -> CardAssertion | NotSigned:
        token = secrets.token_bytes(32)
        answer = operation.sign(
            self._readers,
            purpose=request.purpose,
            origin=request.origin,
            nonce=request.nonce,
            pin_prompt=prompt,
            presence=hashlib.sha256(token).digest(),
        )
        if not isinstance(answer, Signed):
            return answer
        self._presence.watch(answer.slot, origin=request.origin, token=token)
        return answer.assertion

    def _look(self) -> Workstation:
        """Look at the card, unless it was seen a moment ago and no card or reader has come or gone."""
        try:
            slots = tuple((slot.name, slot.changes) for slot in self._readers.slots())
        except NoReaderService:
            slots = ()
        if self._seen and self._seen[0] == slots and time.monotonic() - self._seen[1] < _SEEN_FOR:
            return self._seen[2]
        seen = replace(operation.look(self._readers), changes=sum(changes for _, changes in slots))
        self._seen = (slots, time.monotonic(), seen) if seen.state.is_usable else None
        return seen


@contextmanager
def _cancelled_when(is_abandoned: Callable[[], bool], patience: Patience) -> Iterator[None]:
    """Look, for as long as the block lasts, whether anybody still waits for its result."""
    done = Event()

    def watch() -> None:
        while not done.wait(_LOOK_EVERY):
            if is_abandoned():
                patience.cancelled.set()
                return

    Thread(target=watch, name="page", daemon=True).start()
    try:
        yield
    finally:
        done.set()
