"""A client of a card, as small as can be, for the tests of the virtual cards: they use no driver of the product."""

from collections.abc import Callable

Transmit = Callable[[bytes], bytes]


class Client:
    """Sends commands written in hexadecimal; follows 61xx and 6Cxx as a T=0 client does (ISO/IEC 7816-3, 10.3)."""

    def __init__(self, transmit: Transmit) -> None:
        self._transmit = transmit

    def raw(self, command: str) -> tuple[bytes, str]:
        """The data and the status word of one exchange."""
        answer = self._transmit(bytes.fromhex(command))
        return answer[:-2], answer[-2:].hex().upper()

    def send(self, command: str) -> tuple[bytes, str]:
        data, status = self.raw(command)
        if status.startswith("6C"):
            data, status = self.raw(command[:-2] + status[2:])
        while status.startswith("61"):
            more, status = self.raw("00C00000" + status[2:])
            data += more
        return data, status

    def status(self, command: str) -> str:
        return self.send(command)[1]

    def read(self, path: str) -> bytes:
        """A file, by its path from the master file."""
        assert self.status(f"00A40904{len(path) // 2:02X}{path}") == "9000", path
        content = b""
        while True:
            data, status = self.send(f"00B0{len(content):04X}E7")
            if status == "6B00":
                return content
            assert status == "9000", status
            content += data


def values(octets: bytes) -> list[tuple[int, bytes]]:
    """The data objects one after the other, with tags of one octet. Zeros at the end are left out."""
    found = []
    while octets and octets[0]:
        tag, length, at = octets[0], octets[1], 2
        if length > 0x80:
            at = 2 + length - 0x80
            length = int.from_bytes(octets[2:at], "big")
        found.append((tag, octets[at : at + length]))
        octets = octets[at + length :]
    return found


def inside(octets: bytes, *tags: int) -> bytes:
    """The content of the first object with each tag, one in the other."""
    for tag in tags:
        octets = next(content for found, content in values(octets) if found == tag)
    return octets
