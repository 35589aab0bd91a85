"""Cards that only say what a test wrote down. The emulators of `virtual` are whole cards; these are none."""

from collections.abc import Callable, Iterable, Sequence

from card_bridge.workstation.connection import CardConnection, ConnectionFailed
from card_bridge.workstation.pin_entry.base import Pin, PinRequest

CPS3_ATR = bytes.fromhex("3BAC00402A001225006480000310009000")
CPS4_ATR = bytes.fromhex("3B9B1880010012250064800401000090 44")
VITALE_ATR = bytes.fromhex("3B7513000009080304")


class Scripted:
    """A connection that answers each command from a script, and fails when it is exhausted or another command comes.

    Args:
        dialogue: pairs of a command and its answer, in hexadecimal digits.
    """

    verify_pin_direct = None

    def __init__(self, *dialogue: tuple[str, str], atr: bytes = CPS3_ATR) -> None:
        self._dialogue = [(bytes.fromhex(command), bytes.fromhex(answer)) for command, answer in dialogue]
        self.atr = atr
        self.closed = False

    def transmit(self, octets: bytes | bytearray) -> bytes:
        expected, answer = self._dialogue.pop(0)
        assert bytes(octets).hex(" ") == expected.hex(" ")
        return answer

    def close(self) -> None:
        self.closed = True

    @property
    def exhausted(self) -> bool:
        return not self._dialogue


class Answering:
    """A connection whose answers a function gives: octets, or a failure that it raises."""

    verify_pin_direct = None

    def __init__(self, answer: Callable[[bytes], bytes | ConnectionFailed], *, atr: bytes = CPS3_ATR) -> None:
        self._answer = answer
        self.atr = atr
        self.commands = 0
        self.closed = False

    def transmit(self, octets: bytes | bytearray) -> bytes:
        assert not self.closed
        self.commands += 1
        answer = self._answer(bytes(octets))
        if isinstance(answer, ConnectionFailed):
            raise answer
        return answer

    def close(self) -> None:
        self.closed = True


class OneSlot:
    """A reader with one slot. `connection` is what connecting gives, or the failure that it raises."""

    def __init__(
        self,
        connection: CardConnection | ConnectionFailed | None,
        *,
        name: str = "Reader 00 00",
        atr: bytes | None = None,
    ) -> None:
        self.name = name
        self.has_card: bool | None = connection is not None
        self.atr = atr
        self.changes = 0
        self.connected = 0
        self._connection = connection

    def connect(self) -> CardConnection:
        self.connected += 1
        assert self._connection is not None
        if isinstance(self._connection, ConnectionFailed):
            raise self._connection
        if isinstance(self._connection, Answering):
            self._connection.closed = False
        return self._connection

    def wait_for_removal(self, timeout: float) -> bool:  # noqa: ARG002 - it never changes
        return False


class Slots:
    """The readers of a computer: these slots, or the failure of the service."""

    def __init__(self, *slots: OneSlot, failure: ConnectionFailed | None = None) -> None:
        self._slots = slots
        self._failure = failure

    def slots(self) -> Sequence[OneSlot]:
        if self._failure is not None:
            raise self._failure
        return self._slots


def tlv(tag: int, *values: bytes | Iterable[int]) -> bytes:
    """A data object, whose value is these octets one after the other."""
    value = b"".join(bytes(each) for each in values)
    length = len(value)
    size = b"" if length < 0x80 else length.to_bytes((length.bit_length() + 7) // 8)
    head = bytes([length]) if length < 0x80 else bytes([0x80 | len(size)]) + size
    return tag.to_bytes((tag.bit_length() + 7) // 8) + head + value


class _NeverAsked:
    """A PIN entry that must not be reached."""

    def ask(self, request: PinRequest) -> None:  # noqa: ARG002 - whatever it is
        raise AssertionError("the PIN was asked")


never_asked = _NeverAsked()


class Types:
    """A person who types these PINs, one at each request, and ticks that the last try may be used or not.

    An entry that is an exception is raised, and None cancels. `before` runs at each request.
    """

    def __init__(
        self,
        *pins: str | Exception | None,
        last_try_accepted: bool = False,
        before: Callable[[], object] = lambda: None,
    ) -> None:
        self._pins = list(pins)
        self._last_try_accepted = last_try_accepted
        self._before = before
        self.requests: list[PinRequest] = []
        self.given: list[Pin] = []

    def ask(self, request: PinRequest) -> Pin | None:
        self.requests.append(request)
        self._before()
        entry = self._pins.pop(0)
        if isinstance(entry, Exception):
            raise entry
        if entry is None:
            return None
        self.given.append(Pin(entry.encode(), last_try_accepted=self._last_try_accepted))
        return self.given[-1]
