"""The states of a workstation and of its card. The bridge sends their values, and pages say a sentence for each."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

EXPIRES_SOON: Final = timedelta(days=60)
"""A card whose certificate ends sooner is said to expire soon."""


class CardState(StrEnum):
    """What the bridge found, in the order in which it is found out."""

    READER_SERVICE_AWAY = "reader-service-away"
    """The system's smart card service (PC/SC) does not run."""
    NO_READER = "no-reader"
    NO_CARD = "no-card"
    READER_BUSY = "reader-busy"
    """Another program holds the reader."""
    MUTE = "mute"
    """The card gives no answer to reset: upside down, or dead."""
    FOREIGN = "foreign"
    """A card, and not a CPS; or a CPS on a contactless reader, where its authentication key does not work."""
    NOT_ACTIVATED = "not-activated"
    """A CPS that was delivered and has no usable authentication certificate or PIN yet."""
    UNREADABLE = "unreadable"
    """A CPS whose files are damaged, or answered as none does."""
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    PIN_BLOCKED = "pin-blocked"
    READY = "ready"
    EXPIRES_SOON = "expires-soon"
    """Ready, and its certificate ends within `EXPIRES_SOON`."""

    @property
    def is_usable(self) -> bool:
        """Whether a signature is worth trying."""
        return self in (CardState.READY, CardState.EXPIRES_SOON)


class SignOutcome(StrEnum):
    """Why an operation that was begun gave no signature. A state of the card is answered as `CardState`."""

    PIN_WRONG = "pin-wrong"
    PIN_CANCELLED = "pin-cancelled"
    PIN_TIMED_OUT = "pin-timed-out"
    PIN_UNAVAILABLE = "pin-unavailable"
    """No window, pinentry or pinpad can ask for the PIN."""
    CARD_REMOVED = "card-removed"
    READER_UNPLUGGED = "reader-unplugged"
    ORIGIN_NOT_ALLOWED = "origin-not-allowed"
    ORIGIN_REFUSED = "origin-refused"
    """The person refused the origin in the bridge's window."""
    BUSY = "busy"
    """Another operation is under way."""
    NONCE_USED = "nonce-used"
