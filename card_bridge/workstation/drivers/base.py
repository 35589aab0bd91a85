"""What every generation of the card does alike: select and read files, and verify the PIN."""

from abc import ABC, abstractmethod
from typing import ClassVar, Final

from card_bridge.workstation.apdu import CardChannel, CardMisbehaved, Command, Response, Status
from card_bridge.workstation.pin_entry.base import Pin, PinFormat
from card_bridge.workstation.pkcs15 import MASTER_FILE, FilePath
from card_bridge.workstation.tlv import Tlv, TlvMalformed, find

LARGEST_FILE: Final = 8192  # octets; a certificate of a CPS has 1,500 to 2,000
_MOST_READ: Final = 0xE7  # octets that one READ BINARY of a CPS3 gives
_WHOLE: Final = 256  # Le: as much as there is
_FILE_CONTROL: Final = (0x62, 0x6F)  # templates FCP and FCI, ISO/IEC 7816-4 section 7.4
_FILE_SIZE: Final = (0x80, 0x81)


class FileMissing(Exception):
    """The card has no such file."""


class NotActivated(Exception):
    """The card has no authentication certificate, or no PIN for its key: its holder has not activated it yet."""


class Driver(ABC):
    """The commands of one generation of the card, over one channel."""

    application_id: ClassVar[bytes] = bytes.fromhex("E828BD080F8025000001FF0010")
    """Of the PKCS#15 application, as EF.DIR lists it."""
    default_application: ClassVar[bytes] = bytes.fromhex("3F000001")
    """The path of that application on a card whose EF.DIR has none."""
    cla: ClassVar[int] = 0x00
    """The class of every command, with the logical channel."""

    def __init__(self, channel: CardChannel) -> None:
        self.channel = channel

    @abstractmethod
    def open(self) -> None:
        """Prepare the card for the commands below.

        Raises:
            CardMisbehaved, ConnectionFailed: as every method here.
        """

    @abstractmethod
    def tries_left(self, pin_reference: int) -> int | None:
        """How often the PIN may still be wrong; 0 when it is blocked, None when the card does not say. No try is used.

        Raises:
            NotActivated: the card says that its PIN was never set.
            CardMisbehaved, ConnectionFailed: as every method here.
        """

    @abstractmethod
    def sign(self, key_reference: int, digest_info: bytes, *, key_octets: int) -> bytes:
        """The signature RSASSA-PKCS1-v1_5 of a DigestInfo, by the authentication key. The PIN is verified.

        Args:
            digest_info: `card_bridge.assertion.digest_info`.
            key_octets: the length of the key's modulus.
        """

    def verify(self, pin_reference: int, pin: Pin, form: PinFormat) -> Response:
        """Send the PIN to the card. It uses a try when the PIN is wrong."""
        padded = form.padded(pin)
        try:
            return self.channel.send(self.verify_command(pin_reference, padded))
        finally:
            padded[:] = bytes(len(padded))

    def verify_command(self, pin_reference: int, padded: bytes | bytearray) -> Command:
        """VERIFY (ISO/IEC 7816-4 section 11.6.6)."""
        return Command(self.cla, 0x20, 0x00, pin_reference, padded)

    def read(self, location: FilePath, *, application: bytes) -> bytes:
        """Read a file, or the part of it that a directory names.

        Args:
            application: the path of the application, for a path that does not begin at the master file.

        Raises:
            FileMissing: the card has no such file, or the part is outside it.
        """
        size = self._select(self._absolute(location.path, application))
        end = size if location.length is None else min(size, location.offset + location.length)
        octets = bytearray()
        at = location.offset
        while at < end:
            response = self.channel.send(
                Command(self.cla, 0xB0, at >> 8, at & 0xFF, expected=min(_MOST_READ, end - at))
            )
            if response.status not in (Status.OK, Status.END_OF_FILE):
                if response.status == Status.OFFSET_OUTSIDE_FILE and octets:
                    break  # the file is shorter than the card said, or did not say
                raise FileMissing
            octets += response.data
            at += len(response.data)
            if not response.data or response.status == Status.END_OF_FILE:
                break
        return bytes(octets[: end - location.offset])

    def _absolute(self, path: bytes, application: bytes) -> bytes:
        """A path from the master file: PKCS#15 also writes paths from the application, by its name or its path."""
        if path.startswith(MASTER_FILE):
            return path
        if path.startswith(self.application_id):
            path = path[len(self.application_id) :]
        return application + path

    def _select(self, path: bytes) -> int:
        """Select a file and return its size in octets, at most `LARGEST_FILE`, which is also given for an unknown size.

        Raises:
            FileMissing: the card has no such file.
        """
        response = self._select_command(path)
        if not response.ok:
            raise FileMissing
        try:
            return min(_size(response.data), LARGEST_FILE)
        except TlvMalformed as fault:
            raise CardMisbehaved("the control parameters of a file cannot be read") from fault

    def _select_command(self, path: bytes) -> Response:
        """SELECT by path (ISO/IEC 7816-4 section 11.1.1), asking for the control parameters."""
        return self.channel.send(Command(self.cla, 0xA4, 0x09, 0x04, path, expected=_WHOLE))

    def _require_ok(self, command: Command) -> Response:
        response = self.channel.send(command)
        if not response.ok:
            raise CardMisbehaved(f"the card refused the command {command.ins:02X} with {response.status:04X}")
        return response


def _size(control: bytes) -> int:
    """The size of a file in its control parameters; `LARGEST_FILE` when they do not have it."""
    template = next((each for each in Tlv.parse_all(control) if each.tag in _FILE_CONTROL), None)
    members = () if template is None else template.children
    sizes = (found.value for tag in _FILE_SIZE if (found := find(members, tag)) is not None)
    value = next(sizes, b"")
    return int.from_bytes(value[:4]) if value else LARGEST_FILE
