"""Readers without a card, for what is decided before a card is looked for."""

from collections.abc import Sequence

from card_bridge.workstation.connection import Slot


class NoReaders:
    """A computer to which no reader is connected."""

    def slots(self) -> Sequence[Slot]:
        return ()
