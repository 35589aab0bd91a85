"""What both virtual cards do: files, the PIN and its tries, and the answers of a card with the protocol T=0.

A T=0 card (ISO/IEC 7816-3 section 10.3) answers a command that has data with 61xx, and gives the data to GET
RESPONSE; it answers a wrong Le with 6Cxx. `trace` has the header of each command, and never its data: tests read there
what a client asked.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric import rsa

from card_bridge.workstation.virtual.command_apdu import WHOLE, CommandApdu, Refused, Status
from card_bridge.workstation.virtual.files import Directory, FileSystem
from card_bridge.workstation.virtual.personas import PIN, PIN_TRIES

LONGEST_READ: Final = 0xE7  # octets that one READ BINARY gives
_GET_RESPONSE: Final = 0xC0


class Tries(Protocol):
    """The counter of PIN tries that are left. It lasts while the card is out of the reader."""

    left: int


@dataclass(slots=True)
class TriesInMemory:
    """A counter that ends with the process."""

    left: int = PIN_TRIES


class VirtualCard(ABC):
    """A card that answers octets with octets.

    Args:
        root: its master file, which has the PKCS#15 application.
        keys: its private keys by their reference.
        tries: the counter of its PIN.
        pin: what VERIFY must send, with its padding.
        has_pin: whether the PIN was set; it was not on a card that was delivered and not activated.
    """

    atr: bytes
    is_t0: bool
    """Whether the card speaks the protocol T=0 only."""

    def __init__(
        self,
        root: Directory,
        keys: Mapping[int, rsa.RSAPrivateKey],
        *,
        tries: Tries,
        pin: bytes = PIN.encode(),
        has_pin: bool = True,
    ) -> None:
        self.trace: list[str] = []
        self._files = FileSystem(root)
        self._keys = keys
        self._tries = tries
        self._pin = pin
        self._has_pin = has_pin
        self.reset()

    def reset(self) -> None:
        """Forget the verified PIN, the selected file and what waits to be read."""
        self._files.reset()
        self._is_verified = False
        self._waiting = b""

    def transmit(self, octets: bytes) -> bytes:
        """Answer one command: data, then the status word."""
        try:
            command = CommandApdu.parse(octets)
            self.trace.append(octets[:4].hex().upper())
            return self._answer(command)
        except Refused as refused:
            return refused.status.to_bytes(2, "big")

    @abstractmethod
    def _instructions(self) -> Mapping[int, Callable[[CommandApdu], bytes]]:
        """What answers each instruction."""

    @abstractmethod
    def _check_class(self, command: CommandApdu) -> None:
        """Refuse a class that the card does not know."""

    def _answer(self, command: CommandApdu) -> bytes:
        self._check_class(command)
        if command.ins == _GET_RESPONSE:
            return self._get_response(command)
        self._waiting = b""
        instruction = self._instructions().get(command.ins)
        if instruction is None:
            raise Refused(Status.UNKNOWN_INSTRUCTION)
        data = instruction(command)
        if not data:
            return _status(Status.DONE)
        if command.data:
            self._waiting = data
            return self._more()
        if command.le is not None and command.le != len(data):
            return _status(0x6C00 | len(data) % WHOLE)
        return data + _status(Status.DONE)

    def _get_response(self, command: CommandApdu) -> bytes:
        if not self._waiting or command.le is None:
            raise Refused(Status.CONDITIONS_NOT_SATISFIED)
        if command.le > len(self._waiting):
            return _status(0x6C00 | len(self._waiting) % WHOLE)
        data, self._waiting = self._waiting[: command.le], self._waiting[command.le :]
        return data + (self._more() if self._waiting else _status(Status.DONE))

    def _more(self) -> bytes:
        return _status(0x6100 | (len(self._waiting) if len(self._waiting) < WHOLE else 0))

    def _select(self, command: CommandApdu) -> bytes:
        """SELECT (ISO/IEC 7816-4 section 11.1.1): by identifier, by name, by path, or the parent."""
        match command.p1:
            case 0x00 if not command.data:
                found = self._files.select_path(b"\x3f\x00")
            case 0x00 | 0x01 | 0x02 | 0x09 if len(command.data) % 2 == 0:
                found = self._files.select_path(command.data)
            case 0x08:
                found = self._files.select_path(b"\x3f\x00" + command.data)
            case 0x03:
                found = self._files.select_parent()
            case 0x04:
                found = self._files.select_name(command.data)
            case _:
                raise Refused(Status.WRONG_PARAMETERS)
        if found is None:
            raise Refused(Status.FILE_NOT_FOUND)
        if command.p2 not in (0x00, 0x04, 0x0C):
            raise Refused(Status.WRONG_PARAMETERS)
        return b"" if command.p2 == 0x0C else found.control_parameters

    def _read_binary(self, command: CommandApdu) -> bytes:
        if command.le is None or command.data:
            raise Refused(Status.WRONG_LENGTH)
        offset = command.p1 << 8 | command.p2
        file = self._files.file
        if command.p1 & 0x80:
            file = self._files.directory.with_short_id(command.p1 & 0x1F)
            file = file or self._files.root.with_short_id(command.p1 & 0x1F)
            if file is None:
                raise Refused(Status.FILE_NOT_FOUND)
            self._files.file, offset = file, command.p2
        if file is None:
            raise Refused(Status.NO_FILE_SELECTED)
        if file.needs_pin:
            self._require_pin()
        if offset >= len(file.content):
            raise Refused(Status.OFFSET_OUTSIDE)
        rest = file.content[offset : offset + LONGEST_READ]
        return rest[: command.le]

    def _verify(self, command: CommandApdu) -> bytes:
        """VERIFY (section 11.6.6). Without data it asks for the tries left; a PIN of any wrong length costs one."""
        if (command.p1, command.p2) != (0x00, self._pin_reference):
            raise Refused(Status.OBJECT_NOT_FOUND)
        if not self._has_pin:
            raise Refused(Status.PIN_NOT_USABLE)
        if not command.data:
            if self._is_verified:
                return b""
            raise Refused(self._tries_status())
        self._is_verified = False
        if not self._tries.left:
            raise Refused(Status.PIN_BLOCKED)
        if command.data != self._pin:
            self._tries.left -= 1
            raise Refused(self._tries_status())
        self._tries.left = PIN_TRIES
        self._is_verified = True
        return b""

    _pin_reference = 0x01

    def _tries_status(self) -> int:
        return 0x63C0 | self._tries.left if self._tries.left else Status.PIN_BLOCKED

    def _require_pin(self) -> None:
        if not self._is_verified:
            raise Refused(Status.SECURITY_NOT_SATISFIED)


def power(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    """RSADP (RFC 8017 section 5.1.2), by the Chinese remainder theorem."""
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    value = int.from_bytes(message, "big")
    if value >= modulus:
        raise Refused(Status.WRONG_DATA)
    first = pow(value, numbers.dmp1, numbers.p)
    second = pow(value, numbers.dmq1, numbers.q)
    result = second + (numbers.iqmp * (first - second) % numbers.p) * numbers.q
    return result.to_bytes((modulus.bit_length() + 7) // 8, "big")


def _status(status: int) -> bytes:
    return int(status).to_bytes(2, "big")
