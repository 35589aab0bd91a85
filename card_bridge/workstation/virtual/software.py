"""Virtual cards behind `connection.CardReaders`, in this process and without a smart card service.

`SoftwareReader` has one slot; its methods insert a card and pull it.
"""

from collections.abc import Callable, Sequence
from threading import Condition
from typing import Final

from card_bridge.workstation.connection import CardMute, CardRemoved, ReaderBusy
from card_bridge.workstation.virtual.card import VirtualCard

NAME: Final = "Lecteur virtuel"


class SoftwareReader:
    """One reader with one slot, and the list of readers that it makes alone."""

    def __init__(self, *, name: str = NAME) -> None:
        self.name = name
        self.changes = 0
        """Insertions and removals until now."""
        self._card: VirtualCard | None = None
        self._connection: _SoftwareConnection | None = None
        self._changed = Condition()

    def insert(self, card: VirtualCard) -> None:
        """Put a card in, in the place of the card that is there."""
        with self._changed:
            self._release()
            card.reset()
            self._card = card
            self.changes += 1
            self._changed.notify_all()

    def pull(self) -> None:
        """Take the card out, if there is one."""
        with self._changed:
            if self._card is None:
                return
            self._release()
            self._card = None
            self.changes += 1
            self._changed.notify_all()

    def slots(self) -> Sequence["SoftwareSlot"]:
        return [SoftwareSlot(self, self.changes)]

    @property
    def card(self) -> VirtualCard | None:
        """What is in the slot."""
        return self._card

    def connect(self) -> "_SoftwareConnection":
        with self._changed:
            if self._card is None:
                raise CardRemoved
            if not self._card.atr:
                raise CardMute
            if self._connection is not None:
                raise ReaderBusy
            self._connection = _SoftwareConnection(self, self._card)
            return self._connection

    def wait_for_change(self, since: int, timeout: float) -> bool:
        """Wait until `changes` is no longer `since`, for at most `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.changes != since, timeout)

    def closed(self, connection: "_SoftwareConnection") -> None:
        """A connection was closed: the slot is free."""
        with self._changed:
            if self._connection is connection:
                self._connection = None

    def _release(self) -> None:
        if self._connection is not None:
            self._connection.is_cut = True
            self._connection = None


class SoftwareSlot:
    """The slot of a `SoftwareReader`, as it was listed: `listed` is the count of its changes then."""

    def __init__(self, reader: SoftwareReader, listed: int) -> None:
        self._reader = reader
        self._listed = listed

    @property
    def name(self) -> str:
        return self._reader.name

    @property
    def has_card(self) -> bool:
        return self._reader.card is not None

    @property
    def atr(self) -> bytes | None:
        card = self._reader.card
        return None if card is None or not card.atr else card.atr

    @property
    def changes(self) -> int:
        return self._reader.changes

    def connect(self) -> "_SoftwareConnection":
        return self._reader.connect()

    def wait_for_removal(self, timeout: float) -> bool:
        return not self.has_card or self._reader.wait_for_change(self._listed, timeout)


class _SoftwareConnection:
    """An exclusive connection to a virtual card."""

    def __init__(self, reader: SoftwareReader, card: VirtualCard) -> None:
        self._reader = reader
        self._card = card
        self.is_cut = False

    @property
    def atr(self) -> bytes:
        return self._card.atr

    @property
    def verify_pin_direct(self) -> Callable[[bytes], bytes] | None:
        return None

    def transmit(self, octets: bytes | bytearray) -> bytes:
        if self.is_cut:
            raise CardRemoved
        return self._card.transmit(_without_le(bytes(octets)) if self._card.is_t0 else bytes(octets))

    def close(self) -> None:
        if not self.is_cut:
            self.is_cut = True
            self._card.reset()
            self._reader.closed(self)


def _without_le(octets: bytes) -> bytes:
    """The command as T=0 carries it: one that has data has no Le (ISO/IEC 7816-3 section 12.2.4)."""
    return octets[: 5 + octets[4]] if len(octets) > 5 else octets
