"""The reader in software, which keeps the promises of `connection.CardReaders`."""

from threading import Thread

import pytest

from card_bridge.workstation.connection import CardConnection, CardReaders, CardRemoved, ReaderBusy, Slot
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.card_cps3 import ATR
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.builders.card_client import Client

VERIFY = "002000010431323334"


@pytest.fixture
def reader():
    return SoftwareReader()


@pytest.fixture
def card(authority):
    return make_card(personas.DOCTOR, authority)


def _slot(readers: CardReaders) -> Slot:
    return readers.slots()[0]


def _connect(readers: CardReaders) -> CardConnection:
    return _slot(readers).connect()


def test_an_empty_reader_has_no_card(reader):
    assert (_slot(reader).has_card, _slot(reader).atr) == (False, None)
    with pytest.raises(CardRemoved):
        _connect(reader)


def test_an_inserted_card_answers(reader, card):
    reader.insert(card)
    connection = _connect(reader)
    assert connection.atr == _slot(reader).atr == ATR
    assert Client(connection.transmit).status(VERIFY) == "9000"


def test_the_connection_leaves_out_what_t0_does_not_carry(reader, card):
    reader.insert(card)
    assert _connect(reader).transmit(bytes.fromhex("00A40904023F00" + "00"))[:1] == b"\x61"


def test_a_connection_is_exclusive(reader, card):
    reader.insert(card)
    first = _connect(reader)
    with pytest.raises(ReaderBusy):
        _connect(reader)
    first.close()
    _connect(reader).close()


def test_closing_forgets_the_pin(reader, card):
    reader.insert(card)
    connection = _connect(reader)
    Client(connection.transmit).status(VERIFY)
    connection.close()
    connection.close()
    assert Client(_connect(reader).transmit).status("00200001") == "63C3"


def test_a_pulled_card_does_not_answer_even_when_it_is_put_back(reader, card):
    reader.insert(card)
    connection = _connect(reader)
    reader.pull()
    reader.insert(card)
    with pytest.raises(CardRemoved):
        connection.transmit(bytes.fromhex(VERIFY))
    connection.close()
    assert _connect(reader).transmit(bytes.fromhex("00200001")) == bytes.fromhex("63C3")


def test_insertions_and_removals_are_counted(reader, card):
    before = reader.changes
    reader.insert(card)
    reader.pull()
    reader.pull()
    assert reader.changes == before + 2


def test_a_removal_ends_the_wait(reader, card):
    reader.insert(card)
    ended = []
    waiting = Thread(target=lambda: ended.append(_slot(reader).wait_for_removal(60)))
    waiting.start()
    reader.pull()
    waiting.join(60)
    assert ended == [True]


def test_a_card_that_was_put_back_since_the_slots_were_listed_has_left(reader, card):
    reader.insert(card)
    listed = _slot(reader)
    reader.insert(card)
    assert listed.wait_for_removal(60) is True
    assert _slot(reader).wait_for_removal(0.01) is False


def test_the_wait_ends_without_a_removal(reader, card):
    reader.insert(card)
    assert _slot(reader).wait_for_removal(0.01) is False
