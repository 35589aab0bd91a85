"""What the card code asks of a reader: slots, and a connection that carries octets to the card and back.

`pcsc.py` implements these protocols over the system's PC/SC service, and `virtual/software.py` over virtual cards.
The card code above this module knows neither.
"""

from collections.abc import Callable, Sequence
from typing import Protocol


class ConnectionFailed(Exception):
    """The reader or the card cannot be reached. Each subclass names one cause."""


class NoReaderService(ConnectionFailed):
    """The system's smart card service (PC/SC) does not run, or its library is not installed."""


class ReaderUnplugged(ConnectionFailed):
    """The reader is no longer connected to the computer."""


class ReaderBusy(ConnectionFailed):
    """Another program holds the card, so that an exclusive connection is refused."""


class CardMute(ConnectionFailed):
    """The card gives no answer to reset, or stopped answering: it is upside down, or broken."""


class CardRemoved(ConnectionFailed):
    """The slot has no card: it is empty, or the card was pulled."""


class CardConnection(Protocol):
    """An exclusive connection to one card. No other program reaches the card until it is closed."""

    @property
    def atr(self) -> bytes:
        """The card's Answer To Reset (ISO/IEC 7816-3)."""

    @property
    def verify_pin_direct(self) -> Callable[[bytes], bytes] | None:
        """Sends a PIN_VERIFY structure to the reader's own keypad; None when the reader has none.

        PC/SC part 10, FEATURE_VERIFY_PIN_DIRECT. The result is the card's status word, or the reader's:
        64 00 after the reader's time limit, 64 01 when the person cancelled.
        """

    def transmit(self, octets: bytes | bytearray) -> bytes:
        """Send a command APDU and return the card's answer: data, then SW1 and SW2.

        The protocol is the connection's affair: for T=0 it leaves out the Le that follows data, as ISO/IEC 7816-3
        section 12.2 says. The answers `61 XX` and `6C XX` come back as they are.

        Raises:
            ConnectionFailed: CardRemoved, CardMute, ReaderUnplugged or NoReaderService.
        """

    def close(self) -> None:
        """Reset the card, so that it forgets a verified PIN, and release it. A second call does nothing."""


class Slot(Protocol):
    """One slot of one reader."""

    @property
    def name(self) -> str:
        """The name of the reader, as the system gives it."""

    @property
    def has_card(self) -> bool | None:
        """Whether a card is in the slot now; None when the reader does not say."""

    @property
    def atr(self) -> bytes | None:
        """The card's Answer To Reset, known without a connection; None without a card, or when it is mute.

        A card whose ATR is not a CPS's is left alone: other programs use it.
        """

    @property
    def changes(self) -> int:
        """A counter that changes when a card is inserted or removed, so that a known card need not be read again."""

    def connect(self) -> CardConnection:
        """Open an exclusive connection to the card.

        Raises:
            ConnectionFailed: each of its subclasses.
        """

    def wait_for_removal(self, timeout: float) -> bool:
        """Wait until the card leaves the slot, or can no longer be watched.

        A card that was pulled and put back since the slots were listed counts as removed.

        Args:
            timeout: seconds.

        Returns:
            True when the card has left, False after the time limit.
        """


class CardReaders(Protocol):
    """The readers of this computer."""

    def slots(self) -> Sequence[Slot]:
        """The slots of all readers, in the system's order; empty when there is no reader.

        Raises:
            NoReaderService: the smart card service does not run.
        """
