"""The two things a workstation does with a card: look at it, and have it sign.

A signature is made of structured fields only (`card_bridge.assertion`): no function here signs what a caller hands
over. Every fault of a reader or a card ends in a state or an outcome, never in an exception.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from card_bridge.assertion import LONGEST_NONCE, SHORTEST_NONCE, CardAssertion, Purpose, digest_info, signed_text
from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.apdu import CardMisbehaved, Response, Status
from card_bridge.workstation.card import ForeignCard, OpenCard, PinMalformed
from card_bridge.workstation.connection import (
    CardMute,
    CardReaders,
    CardRemoved,
    ConnectionFailed,
    NoReaderService,
    ReaderBusy,
    ReaderUnplugged,
    Slot,
)
from card_bridge.workstation.drivers.base import NotActivated
from card_bridge.workstation.holder import Holder
from card_bridge.workstation.pin_entry.base import (
    LastTryNotAccepted,
    Pin,
    PinPrompt,
    PinRequest,
    PinTimedOut,
    PinUnavailable,
)
from card_bridge.workstation.version import VERSION

_FAULTS: Final[dict[type[Exception], CardState]] = {
    NoReaderService: CardState.READER_SERVICE_AWAY,
    ReaderUnplugged: CardState.NO_READER,
    ReaderBusy: CardState.READER_BUSY,
    CardMute: CardState.MUTE,
    CardRemoved: CardState.NO_CARD,
    ForeignCard: CardState.FOREIGN,
    NotActivated: CardState.NOT_ACTIVATED,
    CardMisbehaved: CardState.UNREADABLE,
}

_BEST_FIRST: Final = (
    CardState.READY,
    CardState.EXPIRES_SOON,
    CardState.PIN_BLOCKED,
    CardState.EXPIRED,
    CardState.NOT_YET_VALID,
    CardState.NOT_ACTIVATED,
    CardState.UNREADABLE,
    CardState.READER_BUSY,
    CardState.MUTE,
    CardState.FOREIGN,
    CardState.NO_CARD,
    CardState.NO_READER,
    CardState.READER_SERVICE_AWAY,
)
"""Of several slots, the first state in this order counts: a CPS before a card that is none, a card before none."""

_BUSY_ATTEMPTS, _BUSY_WAIT = 5, 0.25  # seconds, between attempts to reach a card that another program uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Workstation:
    """What is in the readers now."""

    state: CardState
    reader: str | None = None
    """The name of the reader whose card the state is about."""
    holder: Holder | None = None
    tries_left: int | None = None
    """How often the PIN may still be wrong; None when it was not read."""
    changes: int = 0
    """A counter that changes when a card of any reader is inserted or removed."""

    def as_members(self, *, with_holder: bool) -> dict[str, object]:
        """The state in JSON, as `/v1/status` and `card-bridge status` say it; the holder only where it may be told."""
        return {
            "state": self.state,
            "reader": self.reader,
            "holder": self.holder.as_members() if self.holder is not None and with_holder else None,
            "tries_left": self.tries_left,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The card has signed."""

    assertion: CardAssertion
    slot: Slot
    """Where the card is, to watch for its removal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSigned:
    """The card has signed nothing."""

    reason: CardState | SignOutcome
    tries_left: int | None = None
    """After the operation; None when it was not read."""


def look(readers: CardReaders, *, now: datetime | None = None) -> Workstation:
    """Find the state of the readers and of the card. It asks no PIN.

    A slot whose card is not a CPS is left alone.

    Args:
        now: aware; the system's time by default.
    """
    workstation, card = _open_best(readers, now or datetime.now(UTC))
    if card is not None:
        card.close()
    return workstation


def sign(
    readers: CardReaders,
    *,
    purpose: Purpose,
    origin: str,
    nonce: str,
    pin_prompt: PinPrompt,
    presence: bytes = b"",
    now: datetime | None = None,
) -> Signed | NotSigned:
    """Ask the PIN and have the card sign for one purpose, one origin and one nonce.

    It blocks while the PIN is asked. One wrong PIN ends the operation.

    Args:
        origin: of the page, as browsers serialize it, already allowed by the caller.
        nonce: as the service gave it: 43 to 512 ASCII characters.
        presence: SHA-256 of the presence token; empty when there is none.
        now: aware; the system's time by default.

    Raises:
        ValueError: the nonce, the origin or the presence has a wrong form.
    """
    _check_fields(origin, nonce, presence)
    workstation, card = _open_free(readers, now or datetime.now(UTC))
    if card is None:
        return NotSigned(reason=workstation.state, tries_left=workstation.tries_left)
    with card:
        try:
            refusal = _ask_pin(card, pin_prompt, purpose, origin)
            if refusal is not None:
                return NotSigned(reason=refusal, tries_left=card.tries_left)
            certificate = card.credential.certificate.der
            text = signed_text(purpose=purpose, origin=origin, nonce=nonce, certificate=certificate, presence=presence)
            signature = card.sign(digest_info(text))
        except CardRemoved:
            return NotSigned(reason=SignOutcome.CARD_REMOVED)
        except ReaderUnplugged:
            return NotSigned(reason=SignOutcome.READER_UNPLUGGED)
        except (ConnectionFailed, CardMisbehaved, NotActivated) as fault:
            return NotSigned(reason=_FAULTS[type(fault)])
    assertion = CardAssertion(certificate=certificate, signature=signature, presence=presence, bridge=VERSION)
    return Signed(assertion=assertion, slot=card.slot)


def _check_fields(origin: str, nonce: str, presence: bytes) -> None:
    if not (SHORTEST_NONCE <= len(nonce) <= LONGEST_NONCE and nonce.isascii() and nonce.isprintable()):
        raise ValueError(f"nonce: must have {SHORTEST_NONCE} to {LONGEST_NONCE} ASCII characters")
    if not (origin.isascii() and origin.isprintable() and origin):
        raise ValueError("origin: must be ASCII, as browsers serialize it")
    if len(presence) not in (0, 32):
        raise ValueError("presence: must be a SHA-256 digest, or empty")


def _open_free(readers: CardReaders, now: datetime) -> tuple[Workstation, OpenCard | None]:
    """As `_open_best`, after a moment when another program has the reader: most programs need it briefly."""
    for _attempt in range(_BUSY_ATTEMPTS - 1):
        workstation, card = _open_best(readers, now)
        if workstation.state is not CardState.READER_BUSY:
            return workstation, card
        time.sleep(_BUSY_WAIT)
    return _open_best(readers, now)


def _open_best(readers: CardReaders, now: datetime) -> tuple[Workstation, OpenCard | None]:
    """The slot with the best state, and its card when it can sign. The cards of the other slots are closed."""
    try:
        slots = readers.slots()
    except ConnectionFailed as fault:
        return Workstation(state=_FAULTS[type(fault)]), None
    if not slots:
        return Workstation(state=CardState.NO_READER), None
    seen = []
    for slot in slots:
        workstation, card = _open(slot, now)
        if card is not None and workstation.state.is_usable:
            return workstation, card
        if card is not None:
            card.close()
        seen.append(workstation)
    return min(seen, key=lambda each: _BEST_FIRST.index(each.state)), None


def _open(slot: Slot, now: datetime) -> tuple[Workstation, OpenCard | None]:
    if slot.has_card is False:
        return Workstation(state=CardState.NO_CARD, reader=slot.name), None
    try:
        card = OpenCard.open(slot)
    except (ConnectionFailed, ForeignCard, NotActivated, CardMisbehaved) as fault:
        return Workstation(state=_FAULTS[type(fault)], reader=slot.name), None
    found = Workstation(state=card.state(now), reader=slot.name, holder=card.holder, tries_left=card.tries_left)
    return found, card


def _ask_pin(card: OpenCard, prompt: PinPrompt, purpose: Purpose, origin: str) -> CardState | SignOutcome | None:
    """Why the PIN is not verified; None when it is.

    Raises:
        CardMisbehaved, ConnectionFailed: as `OpenCard.open`.
    """
    request = PinRequest(
        purpose=purpose,
        origin=origin,
        holder=card.holder,
        tries_left=card.tries_left,
        format=card.credential.pin.format,
        reader=card.slot.name,
        pinpad=card.pinpad(),
        card_is_present=lambda: card.slot.has_card is not False,
    )
    try:
        answer = prompt.ask(request)
        if answer is None:
            return SignOutcome.PIN_CANCELLED if request.card_is_present() else SignOutcome.CARD_REMOVED
        if isinstance(answer, Pin):
            return _refusal(card.verify(answer), card)
        return _refusal(card.count_tries(Response.parse(answer.status)), card)
    except PinMalformed:
        return SignOutcome.PIN_WRONG
    except PinTimedOut:
        return SignOutcome.PIN_TIMED_OUT
    except PinUnavailable:
        return SignOutcome.PIN_UNAVAILABLE
    except LastTryNotAccepted:
        return SignOutcome.PIN_CANCELLED


def _refusal(response: Response, card: OpenCard) -> CardState | SignOutcome | None:
    """What a VERIFY means that was answered so; None when the PIN is right."""
    match response.status:
        case Status.OK:
            return None
        case Status.KEYPAD_TIMED_OUT:
            return SignOutcome.PIN_TIMED_OUT
        case Status.KEYPAD_CANCELLED:
            return SignOutcome.PIN_CANCELLED
        case Status.REFERENCE_DATA_NOT_USABLE:
            return CardState.NOT_ACTIVATED
        case Status.BLOCKED:
            return CardState.PIN_BLOCKED
        case _ if card.tries_left == 0:
            return CardState.PIN_BLOCKED
        case Status.WRONG_LENGTH | Status.KEYPAD_MISTYPED:
            return SignOutcome.PIN_WRONG
        case status if status >> 8 == 0x63:  # 63 CX, or 63 00 of a card that does not count
            return SignOutcome.PIN_WRONG
        case _:
            return CardState.UNREADABLE
