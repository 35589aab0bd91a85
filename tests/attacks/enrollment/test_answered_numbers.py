"""Prevents: a public number that is typed from afar, and delivered as one of which an operator has seen evidence."""

import pytest
from sqlalchemy import select

from enrollment.offer import read_offer
from enrollment.office.decision import Decision
from enrollment.requests.models import EnrollmentRequest, OutboxEntry
from tests.actors.applicant import Applicant
from tests.builders.offer import OFFER
from tests.enrollment.applicant.test_check import the_link
from tests.enrollment.office.conftest import changed_enrollment_settings, matches, offered, provider, revoked, signed_in
from tests.enrollment.office.test_in_person import accept, camille, operator, sent

__all__ = ["camille", "changed_enrollment_settings", "matches", "offered", "provider", "revoked", "sent", "signed_in"]

OF_A_PHYSICIAN = "99700777003"


@pytest.fixture
def delivered(enrollment):
    """The numbers that the identity provider is told, with their proofs."""

    def delivered():
        with enrollment.services.database.transaction() as session:
            body = session.scalars(select(OutboxEntry.body)).one()
        return {each["value"]: each["proof"] for each in body["account"]["new"]["identifiers"]}

    return delivered


def test_the_number_of_a_request_in_person_was_seen(sent, enrollment, delivered):
    accept(enrollment.services.decisions, enrollment, sent, operator("paul"))
    assert delivered() == {sent.rpps: "operator"}


def test_a_number_of_an_answer_was_typed(sent, enrollment, delivered):
    decisions = enrollment.services.decisions
    asked = Decision(version=sent.version, parts={}, ask_for=("rpps",), words="Quel est votre numéro ?")
    decisions.decide(sent.id, asked, operator=operator("paul"), offer=read_offer(OFFER))
    person = Applicant(enrollment.a_browser(), enrollment.address)
    person.browser.visits(the_link(enrollment.letters()[-1]))
    person.sends("rpps", rpps=OF_A_PHYSICIAN, rpps_confirmed="yes", answer="Le voici.")
    with enrollment.services.database.transaction() as session:
        assert session.get_one(EnrollmentRequest, sent.id).rpps == OF_A_PHYSICIAN
    accept(decisions, enrollment, sent, operator("paul"))
    assert delivered() == {OF_A_PHYSICIAN: "typed"}
