# ruff: noqa: ARG001 - sign() has no driver yet
"""The two things a workstation does with a card: look at it, and have it sign.

A signature is made of structured fields only (`card_bridge.assertion`): no function here signs what a caller hands
over. The connection is exclusive from before the PIN until after the signature, and closing it resets the card.
"""

from dataclasses import dataclass

from card_bridge.assertion import CardAssertion, Purpose
from card_bridge.states import CardState, SignOutcome
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
from card_bridge.workstation.holder import Holder
from card_bridge.workstation.pin_entry.base import PinPrompt

_STATES: dict[type[ConnectionFailed], CardState] = {
    NoReaderService: CardState.READER_SERVICE_AWAY,
    ReaderUnplugged: CardState.NO_READER,
    ReaderBusy: CardState.READER_BUSY,
    CardMute: CardState.MUTE,
    CardRemoved: CardState.NO_CARD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Workstation:
    """What is in the readers now."""

    state: CardState
    reader: str | None = None
    """The name of the reader whose card the state is about."""
    holder: Holder | None = None
    tries_left: int | None = None
    """How often the PIN may still be wrong; None when it was not read."""


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


def look(readers: CardReaders) -> Workstation:
    """Find the state of the readers and of the card. It asks no PIN. It takes about 30 ms when there is a card."""
    try:
        slots = readers.slots()
    except NoReaderService:
        return Workstation(state=CardState.READER_SERVICE_AWAY)
    if not slots:
        return Workstation(state=CardState.NO_READER)
    found = [_look_at(slot) for slot in slots if slot.has_card is not False]
    return next(iter(found), Workstation(state=CardState.NO_CARD, reader=slots[0].name))


def sign(
    readers: CardReaders, *, purpose: Purpose, origin: str, nonce: str, pin_prompt: PinPrompt, presence: bytes = b""
) -> Signed | NotSigned:
    """Ask the PIN and have the card sign for one purpose, one origin and one nonce.

    It blocks while the PIN is asked. One wrong PIN ends the operation.

    Args:
        origin: of the page, as browsers serialize it, already allowed by the caller.
        nonce: as the service gave it.
        presence: SHA-256 of the presence token; empty when there is none.
    """
    return NotSigned(reason=look(readers).state)


def _look_at(slot: Slot) -> Workstation:
    try:
        slot.connect().close()
    except ConnectionFailed as failure:
        return Workstation(state=_STATES[type(failure)], reader=slot.name)
    return Workstation(state=CardState.FOREIGN, reader=slot.name)
