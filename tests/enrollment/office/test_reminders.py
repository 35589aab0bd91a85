"""What nobody answers is reminded of, escalated, and at last lapses (enrollment/office/reminders.py)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from enrollment.office.reminders import Told
from enrollment.requests.models import EnrollmentRequest, MoreAsked
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision, PartKind
from tests.actors.enrollment import Enrollment, running
from tests.builders.enrollment import a_part, a_request

DAY = timedelta(days=1)
BEGUN = datetime(2026, 1, 5, 8, tzinfo=UTC)
JOINED = BEGUN + timedelta(minutes=14)  # as `a_request` has it
NOTHING = Told(reminded=(), escalated=(), lapsed=())


@pytest.fixture
def service(enrollment: Enrollment) -> Iterator[Enrollment]:
    mailboxes = {"operators_email": "operateurs@exemple.test", "administrators_email": "direction@exemple.test"}
    with running(replace(enrollment.settings, **mailboxes)) as started:
        yield started


def file_request(service: Enrollment, state: RequestState = RequestState.PENDING, **named: object) -> str:
    with service.services.database.transaction() as session:
        request = a_request(session, state, begun=BEGUN, **named)
        return request.reference or ""


def run_at(service: Enrollment, instant: datetime) -> Told:
    with time_machine.travel(instant, tick=False):
        return service.services.reminders.run()


def state_of(service: Enrollment, reference: str) -> str:

    with service.services.database.reading() as connection:
        wanted = select(EnrollmentRequest.state).where(EnrollmentRequest.reference == reference)
        return str(connection.scalar(wanted))


def letters(service: Enrollment) -> list[tuple[str, str]]:
    return [(letter["To"], letter["X-Letter-Kind"]) for letter in service.letters()]


def test_operators_are_reminded_after_the_time_of_the_settings_and_again(service):
    reference = file_request(service)
    after = service.settings.reminder_after
    assert run_at(service, JOINED + after - timedelta(seconds=1)) == NOTHING
    assert run_at(service, JOINED + after).reminded == (reference,)
    assert run_at(service, JOINED + after + DAY) == NOTHING
    assert run_at(service, JOINED + 2 * after).reminded == (reference,)
    assert letters(service) == [("operateurs@exemple.test", "requests-waiting")] * 2


def test_one_letter_names_all_the_requests_and_no_person(service):
    references = {file_request(service), file_request(service)}
    run_at(service, JOINED + service.settings.reminder_after)
    [letter] = service.letters()
    text = letter.get_content()
    assert all(reference in text for reference in references)
    assert "Aubrac" not in text


def test_administrators_are_told_once(service):
    reference = file_request(service)
    assert run_at(service, JOINED + service.settings.escalation_after).escalated == (reference,)
    later = run_at(service, JOINED + service.settings.escalation_after + timedelta(hours=1))
    assert later.escalated == ()
    assert ("direction@exemple.test", "requests-waiting") in letters(service)


def test_a_request_that_nobody_decides_lapses_with_a_letter(service):
    reference = file_request(service)
    assert run_at(service, JOINED + service.settings.lapse_after).lapsed == (reference,)
    assert state_of(service, reference) == RequestState.LAPSED
    assert letters(service) == [("eloise.daubrac@exemple.test", "request-lapsed")]
    assert service.trail() == ["request.lapsed"]
    assert run_at(service, JOINED + 2 * service.settings.lapse_after) == NOTHING


def test_the_rule_of_a_part_comes_before_the_settings(service):
    with service.services.database.transaction() as session:
        service.services.rules.set(session, PartKind.COMMUNITY, "onco-centre", approvers=1, lapse_after_days=5)
    usual = file_request(service)
    hasty = file_request(service, parts=[a_part(PartKind.COMMUNITY, "onco-centre")])
    told = run_at(service, JOINED + 5 * DAY)
    assert told.lapsed == (hasty,)
    assert told.reminded == (usual,)


def test_a_part_that_is_decided_waits_for_nobody(service):
    parts = [a_part(PartKind.ACCOUNT, decision=PartDecision.ACCEPTED)]
    file_request(service, parts=parts)
    assert run_at(service, JOINED + service.settings.lapse_after) == NOTHING


def test_a_question_without_an_answer_makes_the_request_lapse(service):
    with service.services.database.transaction() as session:
        request = a_request(session, RequestState.MORE_ASKED, begun=BEGUN)
        reference = request.reference
        session.add(
            MoreAsked(
                id="m",
                request_id=request.id,
                fields=["town"],
                words="?",
                operator_sub="s",
                operator_name="C",
                asked_at=JOINED,
                answer_by=JOINED + 14 * DAY,
            )
        )
    assert run_at(service, JOINED + 14 * DAY - timedelta(seconds=1)) == NOTHING
    assert run_at(service, JOINED + 14 * DAY).lapsed == (reference,)


@pytest.mark.parametrize(
    "state", [RequestState.DRAFT, RequestState.UNVERIFIED, RequestState.DECIDED, RequestState.WITHDRAWN]
)
def test_what_is_not_in_the_queue_is_left_alone(service, state):
    file_request(service, state)
    assert run_at(service, datetime(2030, 1, 1, tzinfo=UTC)) == NOTHING


def test_a_reminder_is_not_in_the_way_of_an_operator_who_is_deciding(service):
    file_request(service)
    run_at(service, JOINED + service.settings.reminder_after)
    with service.services.database.transaction() as session:
        [request] = session.scalars(select(EnrollmentRequest)).all()
        assert (request.version, request.reminders) == (1, 1)
