"""Every state of a workstation has one sentence and one action, in French and in English."""

import re

import pytest

from card_bridge.states import CardState, SignOutcome
from card_bridge.workstation.pages.hand_off import _PROBLEMS, Problem
from card_bridge.workstation.texts import ENGLISH, FRENCH, SENTENCES, sentence, session_language


@pytest.mark.parametrize("state", [*CardState, *SignOutcome])
@pytest.mark.parametrize("language", [FRENCH, ENGLISH])
def test_a_state_has_a_sentence_and_an_action(state, language):
    assert re.fullmatch(r"\S.+\. \S.+\.", sentence(state, language))


def test_a_problem_of_the_hand_off_has_a_sentence_and_an_action():
    assert _PROBLEMS.keys() == set(Problem)


def test_french_typography():
    """A narrow no-break space before double punctuation and inside guillemets."""
    for french, _english in SENTENCES.values():
        for text in french:
            assert not re.search(r" [;?!:»]|« ", text), text


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, FRENCH),
        ({"LANG": "fr_FR.UTF-8"}, FRENCH),
        ({"LANG": "C.UTF-8"}, FRENCH),
        ({"LANG": "en_GB.UTF-8"}, ENGLISH),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_US.UTF-8"}, ENGLISH),
    ],
)
def test_the_language_is_that_of_the_session(variables, language, monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert session_language() == language
