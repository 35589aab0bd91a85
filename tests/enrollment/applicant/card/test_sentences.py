"""Every reason for which a card is not read is said, with what the person can do."""

import re
from pathlib import Path

import pytest

import enrollment.applicant.card
from card_bridge.verification.refusals import Refusal
from enrollment.messages import SENTENCES


def codes_of_the_reading() -> set[str]:
    """The reasons that the modules of the reading name themselves."""
    folder = Path(enrollment.applicant.card.__path__[0])
    raised = re.compile(r'CardNotRead\("(card\.[a-z-]+)"\)')
    return {code for module in folder.glob("*.py") for code in raised.findall(module.read_text("utf-8"))}


def test_the_reading_has_reasons_of_its_own():
    assert {"card.challenge", "card.has-account", "card.forgotten"} < codes_of_the_reading()


@pytest.mark.parametrize("code", sorted({f"card.{refusal}" for refusal in Refusal} | codes_of_the_reading()))
def test_each_reason_says_what_is_wrong_and_what_to_do(code):
    assert " : " in SENTENCES[code]


@pytest.mark.parametrize("refusal", Refusal)
def test_no_reason_speaks_of_a_login(refusal):
    """A card is read here for a request: nobody logs in."""
    assert not re.search(r"connect|identifie", SENTENCES[f"card.{refusal}"])
