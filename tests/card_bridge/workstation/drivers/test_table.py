"""The driver of a card, by its Answer To Reset: exactly, because a card that is nearly a CPS is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.workstation.drivers.cps3 import Cps3Driver
from card_bridge.workstation.drivers.cps4 import Cps4Driver
from card_bridge.workstation.drivers.table import driver_for
from tests.card_bridge.workstation.scripted import CPS3_ATR, CPS4_ATR, VITALE_ATR

CONTACTLESS = bytes.fromhex("3B8F80010031B86404B0ECC1739401808290000E")


@pytest.mark.parametrize(
    ("atr", "driver"),
    [
        (CPS3_ATR, Cps3Driver),
        (CPS4_ATR, Cps4Driver),
        (bytes.fromhex("3BDC18FF000012250064800004010090 00"), Cps4Driver),
        (VITALE_ATR, None),
        (CONTACTLESS, None),
        (b"", None),
    ],
)
def test_each_generation_has_its_driver(atr, driver):
    assert driver_for(atr) is driver


@given(place=st.integers(0, len(CPS3_ATR) - 1), octet=st.integers(1, 255))
def test_a_card_that_is_nearly_a_cps_is_none(place, octet):
    changed = bytearray(CPS3_ATR)
    changed[place] ^= octet
    assert driver_for(bytes(changed)) is None
