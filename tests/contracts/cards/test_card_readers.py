"""What readers promise to the card code (`connection.CardReaders`), in software and through pyscard and pcscd."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from threading import Thread

import pytest

from card_bridge.workstation.connection import CardReaders, CardRemoved, ReaderBusy, Slot
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.card import VirtualCard
from card_bridge.workstation.virtual.card_cps3 import ATR
from card_bridge.workstation.virtual.cards import make_card
from tests.builders.card_client import Client
from tests.processes import until

VERIFY, TRIES = "002000010431323334", "00200001"


@dataclass
class Workplace:
    """The readers of a computer, and a hand that inserts cards in the first slot and pulls them."""

    readers: CardReaders
    put: Callable[[VirtualCard], None]
    take: Callable[[], None]

    @property
    def slot(self) -> Slot:
        return self.readers.slots()[0]

    def insert(self, card: VirtualCard) -> None:
        self.put(card)
        until(lambda: self.slot.has_card, what="the card")

    def pull(self) -> None:
        self.take()
        until(lambda: not self.slot.has_card, what="the removal")


@pytest.fixture
def workplace(card_reader):
    return Workplace(card_reader.readers, card_reader.insert, card_reader.pull)


@pytest.fixture
def card(authority):
    return make_card(personas.DOCTOR, authority)


def test_an_empty_slot_has_no_card(workplace):
    assert (workplace.slot.has_card, workplace.slot.atr) == (False, None)
    with pytest.raises(CardRemoved):
        workplace.slot.connect()


def test_the_atr_is_known_without_a_connection(workplace, card):
    workplace.insert(card)
    assert workplace.slot.atr == ATR
    assert card.trace == []


def test_an_inserted_card_answers(workplace, card):
    workplace.insert(card)
    with closing(workplace.slot.connect()) as connection:
        assert connection.atr == ATR
        assert Client(connection.transmit).status(VERIFY) == "9000"


def test_the_connection_leaves_out_what_t0_does_not_carry(workplace, card):
    """ISO/IEC 7816-3 section 12.2: no Le after data."""
    workplace.insert(card)
    with closing(workplace.slot.connect()) as connection:
        assert connection.transmit(bytes.fromhex("00A40904023F00" + "00"))[:1] == b"\x61"


def test_a_connection_is_exclusive(workplace, card):
    workplace.insert(card)
    first = workplace.slot.connect()
    with pytest.raises(ReaderBusy):
        workplace.slot.connect()
    first.close()
    workplace.slot.connect().close()


def test_closing_forgets_the_pin(workplace, card):
    workplace.insert(card)
    connection = workplace.slot.connect()
    Client(connection.transmit).status(VERIFY)
    connection.close()
    connection.close()
    with closing(workplace.slot.connect()) as another:
        assert Client(another.transmit).status(TRIES) == "63C3"


def test_a_pulled_card_does_not_answer_even_when_it_is_put_back(workplace, card):
    workplace.insert(card)
    connection = workplace.slot.connect()
    workplace.pull()
    workplace.insert(card)
    with pytest.raises(CardRemoved):
        connection.transmit(bytes.fromhex(VERIFY))
    connection.close()
    with closing(workplace.slot.connect()) as another:
        assert another.transmit(bytes.fromhex(TRIES)) == bytes.fromhex("63C3")


def test_insertions_and_removals_change_the_count(workplace, card):
    counts = [workplace.slot.changes]
    workplace.insert(card)
    counts.append(workplace.slot.changes)
    workplace.slot.connect().close()
    assert workplace.slot.changes == counts[-1]
    workplace.pull()
    counts.append(workplace.slot.changes)
    assert len(set(counts)) == 3


def test_a_removal_ends_the_wait(workplace, card):
    workplace.insert(card)
    slot = workplace.slot
    ended = []
    waiting = Thread(target=lambda: ended.append(slot.wait_for_removal(60)))
    waiting.start()
    workplace.pull()
    waiting.join(60)
    assert ended == [True]


def test_a_card_that_was_put_back_since_the_slots_were_listed_has_left(workplace, card):
    workplace.insert(card)
    listed = workplace.slot
    workplace.pull()
    workplace.insert(card)
    assert listed.wait_for_removal(60) is True
    assert workplace.slot.wait_for_removal(0.01) is False


def test_the_wait_ends_without_a_removal(workplace, card):
    workplace.insert(card)
    assert workplace.slot.wait_for_removal(0.01) is False
