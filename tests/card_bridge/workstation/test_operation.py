"""Looking and signing when there is no good card: each cause has a state, and the best slot counts."""

import pytest

from card_bridge.assertion import Purpose
from card_bridge.states import CardState
from card_bridge.workstation import operation
from card_bridge.workstation.connection import (
    CardMute,
    CardRemoved,
    ConnectionFailed,
    NoReaderService,
    ReaderBusy,
    ReaderUnplugged,
)
from card_bridge.workstation.operation import NotSigned, look, sign
from tests.card_bridge.workstation.scripted import (
    CPS3_ATR,
    CPS4_ATR,
    VITALE_ATR,
    Answering,
    OneSlot,
    Slots,
    never_asked,
)

FIELDS = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43, "pin_prompt": never_asked}


def silent(atr=CPS3_ATR):
    """A card that refuses every command."""
    return Answering(lambda _command: b"\x6f\x00", atr=atr)


STATES = [
    (Slots(failure=NoReaderService()), CardState.READER_SERVICE_AWAY),
    (Slots(), CardState.NO_READER),
    (Slots(OneSlot(None)), CardState.NO_CARD),
    (Slots(OneSlot(CardRemoved())), CardState.NO_CARD),
    (Slots(OneSlot(ReaderUnplugged())), CardState.NO_READER),
    (Slots(OneSlot(ReaderBusy())), CardState.READER_BUSY),
    (Slots(OneSlot(CardMute())), CardState.MUTE),
    (Slots(OneSlot(silent(VITALE_ATR))), CardState.FOREIGN),
    (Slots(OneSlot(silent())), CardState.UNREADABLE),
    (Slots(OneSlot(silent(CPS4_ATR))), CardState.UNREADABLE),
    (Slots(OneSlot(Answering(lambda _command: b""))), CardState.UNREADABLE),
]


@pytest.mark.parametrize(("readers", "state"), STATES)
def test_each_cause_has_a_state(readers, state):
    assert look(readers).state is state


@pytest.mark.parametrize(("readers", "state"), STATES)
def test_a_signature_is_refused_with_the_state(readers, state):
    assert sign(readers, **FIELDS) == NotSigned(reason=state)


@pytest.mark.parametrize("failure", [CardRemoved(), CardMute(), ReaderUnplugged(), NoReaderService()])
def test_a_card_that_goes_away_while_it_is_read_has_the_state_of_the_cause(failure):
    card = Answering(lambda _command: failure)
    assert look(Slots(OneSlot(card))).state is look(Slots(OneSlot(failure))).state
    assert card.closed


def test_a_card_that_is_not_a_cps_is_left_alone():
    """Other programs use it: a carte Vitale stands in the second slot of many readers."""
    vitale = OneSlot(silent(VITALE_ATR), atr=VITALE_ATR)
    assert look(Slots(vitale)).state is CardState.FOREIGN
    assert vitale.connected == 0


@pytest.mark.parametrize(
    ("worse", "better", "state"),
    [
        (silent(VITALE_ATR), silent(), CardState.UNREADABLE),
        (None, silent(VITALE_ATR), CardState.FOREIGN),
        (silent(VITALE_ATR), ReaderBusy(), CardState.READER_BUSY),
        (silent(VITALE_ATR), CardMute(), CardState.MUTE),
    ],
)
def test_of_two_readers_the_one_nearest_to_a_login_counts(worse, better, state):
    slots = OneSlot(worse, name="worse"), OneSlot(better, name="better")
    for readers in (Slots(*slots), Slots(*reversed(slots))):
        found = look(readers)
        assert (found.state, found.reader) == (state, "better")


def test_every_card_is_closed_after_a_look():
    cards = [silent(), silent(CPS4_ATR), silent(VITALE_ATR)]
    look(Slots(*(OneSlot(card) for card in cards)))
    assert all(card.closed for card in cards)


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "n" * 42},
        {"nonce": "n" * 513},
        {"nonce": "é" * 43},
        {"origin": ""},
        {"origin": "https://idé.example"},
        {"presence": b"p" * 31},
    ],
)
def test_fields_of_a_wrong_form_are_refused_before_any_card_is_opened(wrong):
    slot = OneSlot(silent())
    with pytest.raises(ValueError, match=f"^{next(iter(wrong))}:"):
        sign(Slots(slot), **{**FIELDS, **wrong})
    assert slot.connected == 0


def test_every_failure_of_a_connection_and_every_state_has_its_place():
    failures = ConnectionFailed.__subclasses__()
    assert failures
    assert set(failures) <= operation._FAULTS.keys()
    assert set(operation._BEST_FIRST) == set(CardState)
