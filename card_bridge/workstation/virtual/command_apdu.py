"""Commands and status words as a card sees them (ISO/IEC 7816-3 section 12, ISO/IEC 7816-4 section 5)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

CHAINED: Final = 0x10  # the bit of the class that says that more of the data follows
WHOLE: Final = 256  # what an Le of 00 asks for


class Status(IntEnum):
    """Status words."""

    DONE = 0x9000
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURITY_NOT_SATISFIED = 0x6982
    PIN_BLOCKED = 0x6983
    PIN_NOT_USABLE = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_FILE_SELECTED = 0x6986
    WRONG_DATA = 0x6A80
    NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    OBJECT_NOT_FOUND = 0x6A88
    OFFSET_OUTSIDE = 0x6B00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00


class Refused(Exception):
    """The card refuses a command, with a status word."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = status


@dataclass(frozen=True, slots=True, repr=False)
class CommandApdu:
    """A command with short lengths. Its data may be a PIN, so that its representation has only the header."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int | None
    """How many octets the caller expects; None when the command has no Le."""

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Read a command.

        Raises:
            Refused: the lengths are wrong.
        """
        if len(octets) < 4:
            raise Refused(Status.WRONG_LENGTH)
        (cla, ins, p1, p2), body = octets[:4], octets[4:]
        if not body:
            return cls(cla, ins, p1, p2, b"", None)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, b"", body[0] or WHOLE)
        data, rest = body[1 : 1 + body[0]], body[1 + body[0] :]
        if not body[0] or len(data) < body[0] or len(rest) > 1:
            raise Refused(Status.WRONG_LENGTH)
        return cls(cla, ins, p1, p2, data, rest[0] or WHOLE if rest else None)

    @property
    def channel(self) -> int:
        return self.cla & 0x03

    @property
    def is_chained(self) -> bool:
        return bool(self.cla & CHAINED)

    def __repr__(self) -> str:
        return f"CommandApdu({self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X})"
