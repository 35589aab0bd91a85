"""Keeps a reader as the folder of a virtual kit says: it inserts and pulls the card when another program says so."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Final, Protocol, Self

from card_bridge.workstation.virtual.card import VirtualCard
from card_bridge.workstation.virtual.kit import Insertion, Kit
from card_bridge.workstation.virtual.software import SoftwareReader, SoftwareSlot

INTERVAL: Final = 0.1  # seconds between two looks at the folder


class Reader(Protocol):
    """What cards are put in: `SoftwareReader` and `VpcdReader`."""

    def insert(self, card: VirtualCard) -> None: ...

    def pull(self) -> None: ...


class Follower:
    """A thread that follows the folder of a kit, for as long as the block of the context manager lasts."""

    def __init__(self, kit: Kit, reader: Reader) -> None:
        self._kit = kit
        self._reader = reader
        self._seen = Insertion()
        self._lock = Lock()
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="virtual reader", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        self._reader.pull()

    def start(self) -> None:
        """Look once, and then until the block ends, or the process."""
        self.follow()
        self._thread.start()

    def follow(self) -> None:
        """Look once, and insert or pull the card if that changed."""
        with self._lock:
            insertion = self._kit.insertion
            if insertion == self._seen:
                return
            self._seen = insertion
            self._reader.pull()
            if (card := self._kit.inserted_card()) is not None:
                self._reader.insert(card)

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL):
            self.follow()


class KitReaders:
    """The reader of a kit, in software, as `connection.CardReaders`. It follows the folder until the process ends.

    Raises:
        NoKit: the folder holds no kit.
    """

    def __init__(self, folder: Path) -> None:
        self._reader = SoftwareReader()
        self._follower = Follower(Kit.open(folder), self._reader)
        self._follower.start()

    def slots(self) -> Sequence[SoftwareSlot]:
        self._follower.follow()
        return self._reader.slots()
