"""What an operation asks of a PIN entry, and the PIN that it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self, final

from card_bridge.assertion import Purpose
from card_bridge.workstation.holder import Holder

LONGEST_PIN: Final = 64  # octets


class PinUnavailable(Exception):
    """This computer has no way to ask for the PIN: no display, no pinentry, no keypad."""


class PinTimedOut(Exception):
    """The person gave no PIN within the time limit."""


class LastTryNotAccepted(Exception):
    """The card has one try left, and the person has not accepted to use it."""


@final
class Pin:
    """A PIN in memory that is wiped after use. Its representation shows nothing.

    Args:
        octets: the characters as typed, ASCII. A bytearray is taken over and wiped; bytes are copied.
        last_try_accepted: the person ticked that the card's last try may be used.

    Raises:
        ValueError: it is empty, or longer than 64 octets.
    """

    __slots__ = ("_octets", "last_try_accepted")

    def __init__(self, octets: bytes | bytearray, *, last_try_accepted: bool = False) -> None:
        if not 0 < len(octets) <= LONGEST_PIN:
            raise ValueError(f"a PIN has 1 to {LONGEST_PIN} octets")
        self._octets = octets if isinstance(octets, bytearray) else bytearray(octets)
        self.last_try_accepted = last_try_accepted

    @property
    def octets(self) -> memoryview:
        """The characters, not copied. After `wipe` they are zero."""
        return memoryview(self._octets)

    def wipe(self) -> None:
        """Overwrite the PIN with zeros."""
        for index in range(len(self._octets)):
            self._octets[index] = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return "Pin(hidden)"

    def __reduce__(self) -> str:
        raise TypeError("a PIN is not copied or written")


@dataclass(frozen=True, slots=True, kw_only=True)
class PinFormat:
    """How the card wants its PIN, from the card's own directory (PKCS#15, PasswordAttributes)."""

    least: int
    """The shortest PIN, in characters."""
    most: int
    """The longest PIN, in characters."""
    numeric: bool
    """Digits only."""
    stored_length: int
    """The length after padding, in octets; 0 when the PIN is not padded."""
    padding: int
    """The octet that pads a PIN shorter than `stored_length`."""

    def accepts(self, pin: Pin) -> bool:
        """Whether the length and the characters are right. A PIN that is not costs no try of the card."""
        octets = pin.octets
        if not self.least <= len(octets) <= self.most:
            return False
        lowest, highest = (0x30, 0x39) if self.numeric else (0x20, 0x7E)
        return all(lowest <= octet <= highest for octet in octets)

    def padded(self, pin: Pin) -> bytearray:
        """The PIN as the card takes it. The caller wipes it."""
        padded = bytearray(pin.octets)
        padded.extend([self.padding] * (self.stored_length - len(padded)))
        return padded


class Pinpad(Protocol):
    """The keypad of the reader. The PIN typed there never reaches this computer."""

    def verify(self, *, seconds: float, last_try_accepted: bool) -> bytes:
        """Have the reader ask for the PIN and send it to the card. It blocks until the person has typed.

        Args:
            seconds: how long the reader waits for the person.
            last_try_accepted: the person ticked that the card's last try may be used.

        Returns:
            The status word of the card, or of the reader (`connection.CardConnection.verify_pin_direct`).

        Raises:
            LastTryNotAccepted: one try is left, without the tick.
            ConnectionFailed: the reader or the card went away.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedOnPinpad:
    """The reader has sent the PIN to the card itself."""

    status: bytes
    """The two octets that `Pinpad.verify` returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinRequest:
    """What the person must know when they type the PIN."""

    purpose: Purpose
    origin: str
    """Of the page that asked: `https://id.example`."""
    holder: Holder
    tries_left: int | None
    """None when the card does not tell."""
    format: PinFormat
    reader: str
    pinpad: Pinpad | None
    """None when the reader has no keypad."""
    card_is_present: Callable[[], bool]
    """Whether the card is still there. A window that waits asks from time to time, and then closes."""

    @property
    def is_last_try(self) -> bool:
        """Whether a wrong PIN may block the card. The person must then tick that they accept it."""
        return self.tries_left is None or self.tries_left <= 1


class PinPrompt(Protocol):
    """One way to ask for the PIN."""

    def ask(self, request: PinRequest) -> Pin | TypedOnPinpad | None:
        """Ask once. None when the person cancels, or the card is pulled.

        Raises:
            PinTimedOut: the person did not answer in time.
            PinUnavailable: it cannot ask here.
            LastTryNotAccepted: the keypad would have used the last try without the tick.
            ConnectionFailed: the keypad's reader or card went away.
        """
