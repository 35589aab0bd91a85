"""Which driver a card has, by its Answer To Reset (ISO/IEC 7816-3)."""

from typing import Final

from card_bridge.workstation.drivers.base import Driver
from card_bridge.workstation.drivers.cps3 import Cps3Driver
from card_bridge.workstation.drivers.cps4 import Cps4Driver

_DRIVERS: Final[dict[bytes, type[Driver]]] = {
    bytes.fromhex("3B AC 00 40 2A 00 12 25 00 64 80 00 03 10 00 90 00"): Cps3Driver,
    bytes.fromhex("3B 9B 18 80 01 00 12 25 00 64 80 04 01 00 00 90 44"): Cps4Driver,
    bytes.fromhex("3B 9B 18 80 01 00 12 25 00 64 80 00 04 01 00 90 44"): Cps4Driver,  # before its release
    bytes.fromhex("3B DC 18 FF 00 00 12 25 00 64 80 00 04 01 00 90 00"): Cps4Driver,  # by T=0 only
}
"""The ATR by contacts. A CPS on a contactless reader is not in the table: its authentication key works by contacts."""


def driver_for(atr: bytes) -> type[Driver] | None:
    """The driver of a card; None when the card is not a CPS, or is on a contactless reader."""
    return _DRIVERS.get(atr)
