"""Commands and responses of ISO/IEC 7816-4, and the exchange of one for the other.

A card that speaks the protocol T=0 answers `61 xx` when data waits and `6C xx` when it was asked for too much; the
exchange resolves both, so that drivers see data and a status word. A card may lie about everything: the exchange
limits how many commands, octets and seconds one operation takes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from card_bridge.workstation.connection import CardConnection

_GET_RESPONSE: Final = 0xC0
_CARRIES_A_PIN: Final = frozenset({0x20, 0x24, 0x2C})  # VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER
_LONGEST_DATA: Final = 255  # octets: the reader and the card need not know extended lengths


class CardMisbehaved(Exception):
    """The card gave an answer that no CPS gives: malformed, endless or contradictory. The message repeats no data."""


class Status(IntEnum):
    """Status words of ISO/IEC 7816-4 section 5.6 that the drivers tell apart."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    KEYPAD_TIMED_OUT = 0x6400  # of the reader, PC/SC part 10
    KEYPAD_CANCELLED = 0x6401
    KEYPAD_MISTYPED = 0x6403
    WRONG_LENGTH = 0x6700
    BLOCKED = 0x6983
    REFERENCE_DATA_NOT_USABLE = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    FILE_NOT_FOUND = 0x6A82
    OFFSET_OUTSIDE_FILE = 0x6B00


@dataclass(frozen=True, slots=True, repr=False)
class Command:
    """A command APDU of short length.

    `expected` is Le: how many octets may come back, 256 for "all"; None when the command has no answer data.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes | bytearray = b""
    expected: int | None = None

    def encoded(self) -> bytearray:
        """The octets of the command. A caller that sends a PIN wipes them.

        Raises:
            ValueError: the data is longer than 255 octets.
        """
        if len(self.data) > _LONGEST_DATA:
            raise ValueError(f"a command carries at most {_LONGEST_DATA} octets")
        octets = bytearray((self.cla, self.ins, self.p1, self.p2))
        if self.data:
            octets.append(len(self.data))
            octets += self.data
        if self.expected is not None:
            octets.append(self.expected & 0xFF)  # 256 is written 00
        return octets

    def __repr__(self) -> str:
        header = f"{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X}"
        data = "hidden" if self.ins in _CARRIES_A_PIN else bytes(self.data).hex(" ").upper()
        return f"Command({header}, data={data}, expected={self.expected})"


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU."""

    data: bytes
    status: int

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Read an answer.

        Raises:
            CardMisbehaved: it is shorter than a status word, or longer than 256 octets and a status word.
        """
        if not 2 <= len(octets) <= 258:
            raise CardMisbehaved("the answer is not a response APDU")
        return cls(octets[:-2], int.from_bytes(octets[-2:]))

    @property
    def ok(self) -> bool:
        return self.status == Status.OK

    @property
    def tries_left(self) -> int | None:
        """X of `63 CX`; 0 for `69 83`; None for another status."""
        if self.status & 0xFFF0 == 0x63C0:
            return self.status & 0x0F
        return 0 if self.status == Status.BLOCKED else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one operation may take of a card. A CPS takes about 40 commands, 6,000 octets and 2 seconds."""

    commands: int = 400
    octets: int = 64_000
    seconds: float = 15.0


class CardChannel:
    """Exchanges commands for responses over one connection.

    Args:
        connection: to the card; the caller closes it.
        limits: what the card may take until `restart`.
        clock: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        connection: CardConnection,
        *,
        limits: Limits = Limits(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._limits = limits
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Count anew: the person has typed the PIN, and the time they took is not the card's."""
        self._commands = 0
        self._octets = 0
        self._deadline = self._clock() + self._limits.seconds

    def send(self, command: Command) -> Response:
        """Send a command and return its whole answer.

        Raises:
            CardMisbehaved: the answer is malformed, or the card passes a limit.
            ConnectionFailed: the card or the reader went away.
        """
        response = self._exchange(command)
        if response.status >> 8 == 0x6C and command.expected is not None:
            expected = response.status & 0xFF or 256
            response = self._exchange(Command(command.cla, command.ins, command.p1, command.p2, command.data, expected))
        data = bytearray(response.data)
        while response.status >> 8 == 0x61:
            waiting = response.status & 0xFF or 256
            # The logical channel stays (bits 1 and 2); the chaining bit does not apply.
            response = self._exchange(Command(command.cla & ~0x10, _GET_RESPONSE, 0, 0, expected=waiting))
            if response.status >> 8 == 0x6C:
                response = self._exchange(
                    Command(command.cla & ~0x10, _GET_RESPONSE, 0, 0, expected=response.status & 0xFF or 256)
                )
            data += response.data
        return Response(bytes(data), response.status)

    def _exchange(self, command: Command) -> Response:
        self._commands += 1
        if self._commands > self._limits.commands:
            raise CardMisbehaved("the card asks for too many commands")
        if self._clock() > self._deadline:
            raise CardMisbehaved("the card takes too long")
        octets = command.encoded()
        try:
            answer = self._connection.transmit(octets)
        finally:
            octets[:] = bytes(len(octets))
        self._octets += len(answer)
        if self._octets > self._limits.octets:
            raise CardMisbehaved("the card sends too much")
        return Response.parse(answer)
