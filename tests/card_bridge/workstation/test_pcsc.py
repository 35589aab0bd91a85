"""Whole operations on the real path: pyscard, pcscd, and a virtual card in vsmartcard's reader.

What these readers promise, as those in software do, is in tests/contracts/cards.
"""

from contextlib import closing

import pytest

from card_bridge.assertion import Purpose, digest_info
from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.apdu import CardChannel, CardMisbehaved
from card_bridge.workstation.connection import ReaderBusy, ReaderUnplugged
from card_bridge.workstation.credential import read_credential
from card_bridge.workstation.drivers.table import driver_for
from card_bridge.workstation.operation import NotSigned, Signed, look, sign
from card_bridge.workstation.pcsc import PcscReaders
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from tests.card_bridge.workstation.scripted import Types
from tests.processes import until

pytestmark = pytest.mark.slow

FIELDS = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43}
READERS = PcscReaders()


@pytest.fixture(params=[personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])
def card(request, authority, card_slot):
    card = make_card(request.param, authority)
    card_slot.insert(card)
    until(lambda: READERS.slots()[0].has_card, what="the card")
    return card


def test_a_card_signs_through_the_smart_card_service(card):
    assert look(READERS).state is CardState.READY
    assert isinstance(sign(READERS, **FIELDS, pin_prompt=Types("1234")), Signed)


def test_an_empty_reader_has_no_card(card_slot):
    assert look(READERS).state is CardState.NO_CARD
    assert [slot.name for slot in READERS.slots()] == ["Virtual PCD 00 00", "Virtual PCD 00 01"]


def test_another_program_is_kept_out_while_the_pin_is_typed(card):
    def another_program():
        with pytest.raises(ReaderBusy):
            READERS.slots()[0].connect()
        assert look(READERS).state is CardState.READER_BUSY

    assert isinstance(sign(READERS, **FIELDS, pin_prompt=Types("1234", before=another_program)), Signed)


def test_a_card_pulled_while_the_pin_is_typed_signs_nothing(card, card_slot):
    answer = sign(READERS, **FIELDS, pin_prompt=Types("1234", before=card_slot.pull))
    assert answer == NotSigned(reason=SignOutcome.CARD_REMOVED)


def test_the_pin_is_forgotten_by_the_card_after_the_signature(card):
    sign(READERS, **FIELDS, pin_prompt=Types("1234"))
    with closing(READERS.slots()[0].connect()) as connection:
        driver = driver_for(connection.atr)(CardChannel(connection))
        driver.open()
        with pytest.raises(CardMisbehaved, match="6982"):  # security status not satisfied
            driver.sign(read_credential(driver).key_reference, digest_info(b"any text"), key_octets=256)


def test_a_reader_that_was_unplugged_is_told_from_a_card_that_was_pulled(card, card_slot):
    """The readers of vpcd cannot be unplugged: the slot has the name of a reader that the service does not know."""
    slot = READERS.slots()[0]
    with closing(slot.connect()) as connection:
        slot.name = "A reader that was unplugged"
        assert slot.has_card is False
        assert slot.wait_for_removal(0)
        card_slot.pull()
        with pytest.raises(ReaderUnplugged):
            connection.transmit(bytes.fromhex("00A4000C023F00"))
        # vpcd takes no card any more when a connection is closed before pcscd has noticed the removal.
        until(lambda: not READERS.slots()[0].has_card, what="the removal")
    with pytest.raises(ReaderUnplugged):
        slot.connect()
