"""Every state of a workstation has its sentence, its marks and something to do."""

import re
from pathlib import Path

import pytest

from card_bridge.states import CardState, SignOutcome
from config.web import card_states
from config.web.card_states import STATES, Action, Mark

SCRIPT = (Path(card_states.__file__).parent / "static/card.js").read_text("utf-8")
TEMPLATE = (Path(card_states.__file__).parent / "templates/card.html").read_text("utf-8")
GOES_ON_BY_ITSELF = {"no-card", "reader-busy", "mute", "foreign", "asking", "searching", "reading", "sending"}
"""The page sees the change: the sentence says what to do with the card or the window."""


def test_each_state_has_one_sentence():
    names = [state.name for state in STATES]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("state", [*CardState, *SignOutcome], ids=lambda state: state.value)
def test_each_state_and_outcome_of_the_card_software_is_said(state):
    assert state.value in {each.name for each in STATES}


def test_each_state_that_the_script_shows_is_said():
    shown = set(re.findall(r'show\("([a-z-]+)"', SCRIPT)) | set(re.findall(r'\? "([a-z-]+)" : "', SCRIPT))
    assert shown
    assert shown <= {state.name for state in STATES}


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_each_state_has_an_action_or_goes_on_by_itself(state):
    assert state.actions or state.name in GOES_ON_BY_ITSELF
    assert state.help or state.is_working


@pytest.mark.parametrize("action", Action)
def test_each_action_has_a_button_or_a_link(action):
    assert f'"{action.value}"' in TEMPLATE or action is Action.OTHERWISE


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_mark_is_a_fault_only_after_those_that_are_done(state):
    kinds = [kind for kind, _ in state.marks]
    order = [Mark.DONE, Mark.NEXT, Mark.FAULT, Mark.WAITING]
    assert [order.index(kind) for kind in kinds] == sorted(order.index(kind) for kind in kinds)


def test_a_wrong_pin_and_a_blocked_card_are_said_at_once():
    assert {state.name for state in STATES if state.is_alert} == {"pin-wrong", "pin-blocked"}
