"""One person's data exported and erased (enrollment/export.py), by a command (`enrollment person`) and by functions."""

import json
from types import SimpleNamespace
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from config.actor import Actor
from config.audit.query import every_line
from config.audit.trail import Audit
from config.commands import ExitCode
from config.sql.database import Database
from enrollment.export import NobodyFound, StillDelivering, erase, export_person
from enrollment.person_commands import person
from enrollment.requests.models import EnrollmentRequest, Invitation, OutboxEntry
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartDecision
from tests.builders.full_requests import ELOISE, NOON, a_full_request, the_dcc, with_all_that_may_be_kept

ROBOT = Actor.service("test")
EMAIL = "eloise.daubrac@exemple.test"
CLOSED = {"state": RequestState.DECIDED, "decided_at": NOON, "closed_at": NOON}


@pytest.fixture
def database(enrollment_database: Database) -> Database:
    return enrollment_database


@pytest.fixture
def reference(database) -> str:
    """Of a request of Éloïse d'Aubrac, who was invited, with a line in every table; Jeanne Dupont has one too."""
    with database.transaction() as session:
        request = a_full_request(session, **CLOSED)
        part = the_dcc(session, request, PartDecision.ACCEPTED, decided_at=NOON)
        with_all_that_may_be_kept(session, request, part)
        a_full_request(session, email="jeanne.dupont@exemple.test", family_name="Dupont", given_name="Jeanne")
        session.add(
            Invitation(
                id=uuid4().hex, token_hash="secret", email=EMAIL.upper(), language="fr", created_at=NOON, ends_at=NOON,
                operator_sub="subject-of-camille", operator_name="Camille Ferrand",
            )
        )  # fmt: skip
        return request.reference


def exported(database, named, **options):
    options = {"for_person": False} | options
    return export_person(database, Audit(database), named, actor=ROBOT, **options)


def enrollment_person(database, *arguments, given=""):
    return CliRunner().invoke(person, arguments, input=given, obj=SimpleNamespace(database=database))


def test_an_export_has_all_that_the_person_gave(database, reference):
    [told] = exported(database, reference)["requests"]
    withheld = {"folded_name"}
    assert {name: told["request"][name] for name in ELOISE.keys() - withheld} == {
        name: value for name, value in ELOISE.items() if name not in withheld
    }
    assert told["parts"][0]["reason"].startswith("Éloïse")
    assert [len(told[part]) for part in ("parts", "history", "notes", "more_asked", "links", "deliveries")] == [
        1, 1, 1, 1, 1, 1,
    ]  # fmt: skip


def test_an_export_is_json_and_tells_no_secret_and_no_operator_of_a_vote(database, reference):
    told = exported(database, EMAIL)
    text = json.dumps(told)
    assert json.loads(text) == told
    assert "hash" not in text
    assert "secret" not in text
    assert told["requests"][0]["parts"][0]["votes"] == [
        {"part_id": told["requests"][0]["parts"][0]["id"], "vote": "accept", "at": NOON.isoformat()}
    ]


def test_the_person_is_not_told_what_colleagues_wrote_to_each_other(database, reference):
    [told] = exported(database, reference, for_person=True)["requests"]
    assert told["notes"] == []


def test_an_e_mail_address_names_all_the_requests_and_invitations_of_a_person(database, reference):
    with database.transaction() as session:
        a_full_request(session, state=RequestState.DRAFT, email="Eloise.Daubrac@exemple.test")
    told = exported(database, f" {EMAIL.upper()} ")
    assert (len(told["requests"]), len(told["invitations"])) == (2, 1)


def test_a_reference_names_its_request_alone(database, reference):
    told = exported(database, reference.lower())
    assert (len(told["requests"]), told["invitations"]) == (1, [])


@pytest.mark.parametrize("named", ["INS-2026-999999", "nobody@exemple.test", "", "%@%"])
def test_nobody_is_found_by_what_nobody_has(database, reference, named):
    with pytest.raises(NobodyFound):
        exported(database, named)


def test_erasing_keeps_the_decision_without_the_person(database, reference):
    erased = erase(database, Audit(database), EMAIL, actor=ROBOT)
    assert (erased.requests, erased.invitations) == (1, 1)
    with database.transaction() as session:
        request = session.scalars(select(EnrollmentRequest).where(EnrollmentRequest.reference == reference)).one()
        assert (request.state, request.family_name, request.email, request.rpps) == ("decided", "", "", "")
        assert request.erased_at is not None
    with pytest.raises(NobodyFound):
        exported(database, reference)


def test_erasing_leaves_other_people_alone(database, reference):
    erase(database, Audit(database), EMAIL, actor=ROBOT)
    assert len(exported(database, "jeanne.dupont@exemple.test")["requests"]) == 1


def test_erasing_deletes_what_was_never_verified(database):
    with database.transaction() as session:
        a_full_request(session, state=RequestState.DRAFT)
        a_full_request(session, state=RequestState.UNVERIFIED)
    assert erase(database, Audit(database), EMAIL, actor=ROBOT).requests == 2
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(EnrollmentRequest)) == 0


def test_erasing_withdraws_a_request_that_is_in_the_queue(database):
    with database.transaction() as session:
        reference, version = (request := a_full_request(session)).reference, request.version
    erase(database, Audit(database), str(reference), actor=ROBOT)
    with database.transaction() as session:
        request = session.scalars(select(EnrollmentRequest)).one()
        assert (request.state, request.closed_at is not None) == (RequestState.WITHDRAWN, True)
        assert request.version > version  # an operator who has it open is told


def test_what_is_being_delivered_is_not_erased_until_it_has_been(database):
    with database.transaction() as session:
        request = a_full_request(session, **CLOSED | {"closed_at": None})
        the_dcc(session, request, PartDecision.ACCEPTED)
        reference = str(request.reference)
    with pytest.raises(StillDelivering, match=reference):
        erase(database, Audit(database), EMAIL, actor=ROBOT)
    assert exported(database, EMAIL)["requests"][0]["request"]["email"] == EMAIL
    refused = enrollment_person(database, "erase", EMAIL, "--yes")
    assert (refused.exit_code, reference in refused.stderr) == (ExitCode.CONFLICT, True)


@pytest.mark.parametrize("state", [RequestState.PENDING, RequestState.WITHDRAWN])
def test_a_part_that_is_being_delivered_is_not_erased_either(database, state):
    """The account was accepted, and the rest is not decided, or was withdrawn since."""
    with database.transaction() as session:
        request = a_full_request(session, state=state)
        with_all_that_may_be_kept(session, request, the_dcc(session, request, PartDecision.ACCEPTED))
        session.execute(update(OutboxEntry).values(delivered_at=None))
    with pytest.raises(StillDelivering):
        erase(database, Audit(database), EMAIL, actor=ROBOT)
    assert len(exported(database, EMAIL)["requests"][0]["deliveries"]) == 1


def test_the_trail_has_the_reference_and_nothing_of_the_person(database, reference):
    exported(database, EMAIL)
    erase(database, Audit(database), EMAIL, actor=ROBOT)
    lines = list(every_line(database))
    assert [(line.kind, line.detail) for line in lines] == [
        ("request.exported", {"reference": reference}),
        ("request.erased", {"reference": reference}),
    ]
    assert EMAIL not in repr(lines)


def test_the_command_writes_the_export(database, reference):
    done = enrollment_person(database, "export", reference)
    assert done.exit_code == ExitCode.DONE
    assert json.loads(done.stdout)["requests"][0]["request"]["given_name"] == "Éloïse"


def test_the_command_asks_before_it_erases(database, reference):
    refused = enrollment_person(database, "erase", reference, given="n\n")
    assert (refused.exit_code, "Nothing is done" in refused.stderr) == (ExitCode.REFUSED, True)
    done = enrollment_person(database, "erase", reference, given="y\n")
    assert (done.exit_code, done.stdout) == (ExitCode.DONE, "Erased. Requests: 1; invitations: 0.\n")


@pytest.mark.parametrize("command", [["export"], ["erase", "--yes"]])
def test_the_command_says_that_nobody_is_found(database, command):
    refused = enrollment_person(database, *command, "INS-2026-999999")
    assert (refused.exit_code, "INS-2026-999999" in refused.stderr) == (ExitCode.NOT_FOUND, True)
