"""What is no longer needed is removed in time, and counted (enrollment/retention.py)."""

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import func, inspect, select, text

from config.audit.query import every_line
from config.audit.trail import Audit
from config.settings_reader import read
from config.sql.database import Database
from enrollment import retention
from enrollment.requests.models import EnrollmentRequest, Invitation, PartVote, RequestLink, RequestPart
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import LinkPurpose, PartDecision
from enrollment.retention import Purged, Retention
from enrollment.settings import EnrollmentSettings
from tests.builders.full_requests import NOON, a_full_request, the_dcc, with_all_that_may_be_kept
from tests.fixtures.enrollment import ENROLLMENT_DEVELOPMENT
from tests.processes import until

PERSONAL = ("Aubrac", "Éloïse", "loise", "99700123450", "33261", "192.0.2", "Tilleuls", "of-eloise", "2800636234")
MOMENT = timedelta(seconds=1)
NOTHING = Purged(drafts=0, unverified=0, withdrawn=0, refused=0, delivered=0, decisions=0, invitations=0)


@pytest.fixture
def database(enrollment_database: Database) -> Database:
    return enrollment_database


@pytest.fixture
def settings() -> EnrollmentSettings:
    return read(EnrollmentSettings, file=None, variables={}, given=ENROLLMENT_DEVELOPMENT)


@pytest.fixture
def purge(settings, database):
    """Purge at an instant."""

    def at(instant):
        with time_machine.travel(instant, tick=False):
            return Retention(settings, database, Audit(database)).purge()

    return at


def kept(database):
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(EnrollmentRequest))


CLOSED = {"closed_at": NOON, "decided_at": NOON}


@pytest.mark.parametrize(
    ("state", "decision", "setting", "counted", "is_gone"),
    [
        (RequestState.DRAFT, None, "draft_lifetime", "drafts", True),
        (RequestState.UNVERIFIED, None, "email_link_lifetime", "unverified", True),
        (RequestState.WITHDRAWN, None, "withdrawn_retention", "withdrawn", False),
        (RequestState.LAPSED, None, "withdrawn_retention", "withdrawn", False),
        (RequestState.DECIDED, PartDecision.REFUSED, "refused_retention", "refused", False),
        (RequestState.DECIDED, PartDecision.ACCEPTED, "delivered_retention", "delivered", False),
    ],
)
def test_a_request_is_removed_after_the_time_that_the_settings_state_and_not_before(
    database, settings, purge, state, decision, setting, counted, is_gone
):
    with database.transaction() as session:
        request = a_full_request(session, state=state, **(CLOSED if not is_gone else {}))
        if decision:
            the_dcc(session, request, decision)
    due = NOON + getattr(settings, setting)
    assert purge(due) == NOTHING
    assert purge(due + MOMENT) == replace(NOTHING, **{counted: 1})
    assert kept(database) == (0 if is_gone else 1)
    assert purge(due + MOMENT) == NOTHING


@pytest.mark.parametrize("state", [RequestState.PENDING, RequestState.MORE_ASKED])
def test_a_request_in_the_queue_is_never_purged(database, purge, state):
    with database.transaction() as session:
        a_full_request(session, state=state)
    assert purge(NOON + timedelta(days=4_000)) == NOTHING


def test_a_request_that_is_being_delivered_is_not_purged(database, purge):
    with database.transaction() as session:
        request = a_full_request(session, state=RequestState.DECIDED, decided_at=NOON)
        the_dcc(session, request, PartDecision.ACCEPTED)
    assert purge(NOON + timedelta(days=4_000)) == NOTHING


def test_a_draft_that_is_worked_on_stays(database, settings, purge):
    with database.transaction() as session:
        a_full_request(session, state=RequestState.DRAFT, changed_at=NOON + timedelta(days=20))
    assert purge(NOON + settings.draft_lifetime + MOMENT) == NOTHING


def test_a_request_with_a_newer_link_waits_for_it(database, settings, purge):
    ends_at = NOON + timedelta(days=10)
    with database.transaction() as session:
        request = a_full_request(session, state=RequestState.UNVERIFIED)
        session.add(
            RequestLink(
                token_hash=uuid4().hex, request_id=request.id, purpose=LinkPurpose.VERIFY_EMAIL, created_at=NOON,
                ends_at=ends_at,
            )
        )  # fmt: skip
    assert purge(ends_at - MOMENT) == NOTHING
    assert purge(ends_at + MOMENT) == replace(NOTHING, unverified=1)


def everything(database):
    """All that the tables hold, as text."""
    with database.reading() as connection:
        names = [name for name in inspect(database.engine).get_table_names() if name != "alembic_version"]
        return {name: repr(connection.execute(text(f"SELECT * FROM {name}")).all()) for name in names}  # noqa: S608


def test_the_decision_stays_and_nothing_of_the_person(database, settings, purge):
    with database.transaction() as session:
        request = a_full_request(session, state=RequestState.DECIDED, **CLOSED)
        part = the_dcc(
            session, request, PartDecision.REFUSED, refusal_code="not-concerned", refusal_words="Chère Éloïse"
        )
        with_all_that_may_be_kept(session, request, part)
        reference = request.reference
    purge(NOON + settings.refused_retention + MOMENT)
    for table, words in everything(database).items():
        for personal in (
            "Aubrac",
            "Éloïse",
            "loise",
            "99700123450",
            "33261",
            "192.0.2",
            "Tilleuls",
            "of-eloise",
            "2800636234",
        ):
            assert personal not in words, (table, personal)
    with database.transaction() as session:
        request = session.scalars(select(EnrollmentRequest)).one()
        part = session.scalars(select(RequestPart)).one()
        assert (request.reference, request.state, request.decided_at) == (reference, RequestState.DECIDED, NOON)
        assert (part.name, part.decision, part.refusal_code) == ("dcc", PartDecision.REFUSED, "not-concerned")
        assert session.scalars(select(PartVote.operator_sub)).all() == ["subject-of-camille"]


def test_a_decision_without_a_person_is_gone_as_its_audit_line_may_be(database, settings, purge):
    with database.transaction() as session:
        the_dcc(session, a_full_request(session, state=RequestState.DECIDED, **CLOSED), PartDecision.ACCEPTED)
    purge(NOON + settings.delivered_retention + MOMENT)
    assert purge(NOON + settings.audit_retention + MOMENT) == replace(NOTHING, decisions=1)
    assert kept(database) == 0


@pytest.mark.parametrize("ended", ["ends_at", "used_at", "withdrawn_at"])
def test_an_invitation_that_has_ended_is_removed(database, settings, purge, ended):
    times = {"ends_at": NOON + timedelta(days=900)} | {ended: NOON}
    with database.transaction() as session:
        session.add(
            Invitation(
                id=uuid4().hex, token_hash=uuid4().hex, email="eloise.daubrac@exemple.test", language="fr",
                created_at=NOON, operator_sub="subject-of-camille", operator_name="Camille Ferrand", **times,
            )
        )  # fmt: skip
    assert purge(NOON + settings.withdrawn_retention) == NOTHING
    assert purge(NOON + settings.withdrawn_retention + MOMENT) == replace(NOTHING, invitations=1)


def test_the_trail_says_how_many_and_of_nobody(database, settings, purge):
    with database.transaction() as session:
        for _ in range(3):
            a_full_request(session, state=RequestState.DRAFT)
    purge(NOON + settings.draft_lifetime + MOMENT)
    [line] = every_line(database)
    assert (line.kind, line.actor, line.detail) == ("requests.purged", "retention", {"drafts": 3})


def test_when_nothing_is_due_the_trail_says_nothing(database, purge):
    purge(NOON)
    assert list(every_line(database)) == []


def test_the_job_purges_as_soon_as_it_runs_and_stops_when_told(database, settings):
    with database.transaction() as session:
        a_full_request(session, state=RequestState.DRAFT, changed_at=NOON - timedelta(days=900))
    stop = Event()
    job = Thread(target=Retention(settings, database, Audit(database)).run_forever, args=(stop,))
    job.start()
    until(lambda: kept(database) == 0, what="the purge")
    stop.set()
    job.join(timeout=60)
    assert not job.is_alive()


def test_many_are_removed_a_few_at_a_time(database, settings, purge, monkeypatch):
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    with database.transaction() as session:
        for _ in range(5):
            a_full_request(session, state=RequestState.DRAFT)
    assert purge(NOON + settings.draft_lifetime + MOMENT).drafts == 5
