"""Every code that a person can meet has its sentence, and every sentence a code that says it (enrollment/messages.py,
enrollment/office/messages.py)."""

import re
from pathlib import Path

import pytest

import config
import enrollment
from card_bridge.verification.refusals import Refusal
from config.reference.numbers import NumberFault
from config.reference.telephones import TelephoneFault
from config.web.wording import SHELL
from enrollment.applicant.step_order import REQUIRED
from enrollment.applicant.summary import BLOCKS
from enrollment.delivery.outbox import DeliveryEvent, DeliveryState
from enrollment.idp_refusals import IdpRefusal
from enrollment.messages import FAULTS, SENTENCES
from enrollment.office.assignment import AssignmentEvent
from enrollment.office.decision import DecisionEvent
from enrollment.office.decision_form import Choice
from enrollment.office.handling import RecognitionEvent
from enrollment.office.messages import FAULTS as OFFICE_FAULTS
from enrollment.office.messages import SENTENCES as OFFICE_SENTENCES
from enrollment.office.refusals import RefusalCode
from enrollment.office.reminders import WaitingEvent
from enrollment.office.request_reading import UNSEEN
from enrollment.register.matching import RegisterOutcome
from enrollment.requests.history import HistoryKind
from enrollment.requests.in_person import ENROLLED, IdentityDocument
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import Confidentiality, FilledBy, PartDecision
from tests.contracts.forms.test_problem_codes import codes_of

EVENTS = (HistoryKind, DecisionEvent, AssignmentEvent, RecognitionEvent, WaitingEvent, DeliveryEvent)
COMPUTED = {
    *codes_of(enrollment),
    *(f"person.{field}" for field in PERSON_FIELDS),
    *(f"{field}.missing" for field in REQUIRED),
    *(f"confidentiality.{level}" for level in Confidentiality),
    *(f"filled-by.{source}" for source in FilledBy),
    *(f"card.{refusal}" for refusal in Refusal),
    *(f"block.{block}" for block in BLOCKS),
    *(f"state.{state}" for state in RequestState if state not in UNSEEN),
    *(f"request-state.{state}" for state in RequestState if state not in UNSEEN),
    *(f"part.{decision}" for decision in PartDecision),
    *(f"choice.{choice}" for choice in Choice if choice is not Choice.LATER),
    *(f"refusal.{code}" for code in RefusalCode if code is not RefusalCode.ACCOUNT_REFUSED),  # said with the account
    *(f"delivery.{state}" for state in DeliveryState if state is not DeliveryState.DELIVERED),
    *(f"idp.{refusal}" for refusal in IdpRefusal),
    *(f"delivery.tag.{state}" for state in DeliveryState if state is not DeliveryState.DELIVERED),
    *(f"document.{document}" for document in IdentityDocument),
    *(f"event.{kind}" for kinds in EVENTS for kind in kinds),
    f"event.{ENROLLED}",
    *(f"evidence.register.{outcome}" for outcome in RegisterOutcome),
}
"""The codes that are put together when a page is made."""

QUOTED = re.compile(r"""["']([a-z_]+(?:[.-][a-z_]+)+)["']""")


def quoted_in(package) -> set[str]:
    """The codes that a package writes whole, in its modules and templates; those of messages.py do not count."""
    folder = Path(package.__path__[0])
    files = [*folder.rglob("*.py"), *folder.rglob("*.html")]
    return {
        code
        for file in files
        if file.name != "messages.py"
        for code in QUOTED.findall(file.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("fault", [*NumberFault, *TelephoneFault])
def test_every_fault_of_a_number_is_said(fault):
    assert SENTENCES[fault].endswith(".")


def test_a_code_has_one_sentence():
    """What an operator reads of a state is not what the person reads of it, so the codes differ."""
    assert set(SENTENCES).isdisjoint(OFFICE_SENTENCES)


def test_no_sentence_is_left_that_no_code_says():
    said = {code for code in {*SENTENCES, *OFFICE_SENTENCES} if not code.startswith("evidence.")}
    assert said - COMPUTED - quoted_in(enrollment) - quoted_in(config) == set()
    assert {*FAULTS, *OFFICE_FAULTS} - quoted_in(enrollment) == set()


def test_every_code_that_is_put_together_has_its_sentence():
    assert COMPUTED - {*SENTENCES, *OFFICE_SENTENCES, *SHELL.sentences} == set()
