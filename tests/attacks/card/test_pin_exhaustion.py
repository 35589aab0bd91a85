"""A page that asks for signatures again and again cannot block a card: its last try needs the person's tick."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_bridge.assertion import Purpose
from card_bridge.states import CardState
from card_bridge.workstation.operation import Signed, look, sign
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.card_bridge.workstation.scripted import Types, never_asked

FIELDS = {"purpose": Purpose.LOGIN, "origin": "https://id.example", "nonce": "n" * 43}
RIGHT, WRONG, IMPOSSIBLE = "1234", "9999", "12345"
BOTH_CARDS = pytest.mark.parametrize("persona", [personas.DOCTOR, personas.NURSE], ids=["CPS3", "CPS4"])


@BOTH_CARDS
@settings(max_examples=25)
@given(entries=st.lists(st.sampled_from([RIGHT, WRONG, WRONG, IMPOSSIBLE, None]), max_size=12))
def test_without_a_tick_no_sequence_of_entries_blocks_the_card(authority, persona, entries):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority))
    tries = 3
    for entry in entries:
        answer = sign(reader, **FIELDS, pin_prompt=Types(entry))
        if tries > 1 and entry in (RIGHT, WRONG):
            tries = 3 if entry == RIGHT else tries - 1
        assert isinstance(answer, Signed) == (entry == RIGHT and tries == 3)
        assert (look(reader).state, look(reader).tries_left) == (CardState.READY, tries)


@BOTH_CARDS
def test_a_blocked_card_is_never_asked_for_a_pin_again(authority, persona):
    reader = SoftwareReader()
    reader.insert(make_card(persona, authority))
    for _try in range(3):
        sign(reader, **FIELDS, pin_prompt=Types(WRONG, last_try_accepted=True))
    for _time in range(3):
        assert sign(reader, **FIELDS, pin_prompt=never_asked).reason is CardState.PIN_BLOCKED
