"""`enrollment rule` and `enrollment request`: unattended, audited in the name of the system user, and in JSON."""

import json
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.commands import ExitCode
from enrollment.office.request_commands import request
from enrollment.office.rule_commands import rule
from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartKind
from tests.actors.enrollment import Enrollment
from tests.builders.enrollment import a_part, a_request


@pytest.fixture
def run(enrollment: Enrollment) -> Any:
    def run(*words: str) -> Result:
        group = {"rule": rule, "request": request}[words[0]]
        return CliRunner().invoke(group, words[1:], obj=enrollment.services)

    return run


@pytest.fixture
def reference(enrollment: Enrollment) -> str:
    """A request in the queue for the account and Onco Centre."""
    with enrollment.services.database.transaction() as session:
        parts = [a_part(PartKind.ACCOUNT), a_part(PartKind.COMMUNITY, "onco-centre", reason="Réunions.")]
        return a_request(session, parts=parts).reference or ""


# --- rules


def test_a_rule_is_set_listed_and_removed(run, enrollment):
    assert run("rule", "list").output.startswith("No rule was set")
    assert run("rule", "set", "community:onco-centre", "--approvers", "2", "--lapse-after", "60").exit_code == 0
    assert run("rule", "list").output == "community:onco-centre  2 approvers  lapses after 60 days\n"
    [listed] = json.loads(run("rule", "list", "--json").output)
    assert (listed["part"], listed["approvers"], listed["remind_after_days"]) == ("community:onco-centre", 2, None)
    with enrollment.services.database.transaction() as session:
        found = enrollment.services.rules.of(session, "community", "onco-centre")
        assert (found.approvers, found.lapse_after) == (2, timedelta(days=60))
    assert run("rule", "remove", "community:onco-centre").exit_code == 0
    assert run("rule", "remove", "community:onco-centre").exit_code == ExitCode.NOT_FOUND
    assert enrollment.trail() == ["rule.changed", "rule.changed"]


def test_a_rule_without_approvers_says_that_nobody_accepts(run):
    assert run("rule", "set", "application", "--approvers", "0").output == "application: nobody can accept it.\n"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["service:dcc", "--approvers", "1"], "a part is one of account, community, application"),
        (["account:x", "--approvers", "1"], "the name after account:"),
        (["community:", "--approvers", "1"], "the name after community:"),
        (["community:\x00", "--approvers", "1"], "the name after community:"),
        (["account", "--approvers", "-1"], "approvers: must be between 0"),
        (["account", "--approvers", "1", "--remind-after", "0"], "remind-after: must be between 1"),
        (["account", "--approvers", "1", "--remind-after", "9", "--lapse-after", "3"], "before the request lapses"),
    ],
)
def test_a_rule_that_is_wrong_is_refused_with_what_to_change(run, enrollment, words, problem):
    refused = run("rule", "set", *words)
    assert refused.exit_code == ExitCode.REFUSED
    assert problem in refused.stderr
    assert enrollment.trail() == []


# --- requests


def test_the_list_names_nobody_and_the_request_is_shown_with_its_history(run, enrollment, reference):
    listed = run("request", "list").output
    assert reference in listed
    assert "community:onco-centre" in listed
    assert "Aubrac" not in run("request", "list", "--json").output

    document = json.loads(run("request", "show", reference, "--json").output)
    assert document["person"]["family_name"] == "d’Aubrac"
    assert [part["part"] for part in document["parts"]] == ["account", "community:onco-centre"]
    assert "Réunions." in run("request", "show", reference.lower()).output
    assert enrollment.trail() == ["request.read", "request.read"]


def test_only_the_state_that_is_asked_for_is_listed(run, reference):
    assert run("request", "list", "--state", "withdrawn").output == "No request is in this state.\n"
    assert run("request", "list", "--state", "draft").exit_code == ExitCode.USAGE


def test_a_request_is_given_to_an_operator_and_taken_away(run, enrollment, reference):
    assigned = run("request", "assign", reference, "--to", "sub-of-camille", "--name", "Camille Ferrand")
    assert assigned.output == f"{reference}: followed by Camille Ferrand.\n"
    [listed] = json.loads(run("request", "list", "--json").output)
    assert (listed["assigned_to"], listed["assigned_name"]) == ("sub-of-camille", "Camille Ferrand")
    again = run("request", "assign", reference, "--to", "sub-of-camille", "--name", "Camille Ferrand", "--json")
    assert json.loads(again.output)["changed"] is False
    assert run("request", "assign", reference, "--nobody").exit_code == 0
    assert enrollment.trail() == ["request.assigned", "request.assigned"]
    history = json.loads(run("request", "show", reference, "--json").output)["history"]
    assert [event["kind"] for event in history] == ["assigned", "given-up"]
    assert history[0]["actor"].startswith("cli:")


def test_a_request_that_is_not_in_the_queue_is_not_assigned(run, enrollment, reference):
    with enrollment.services.database.transaction() as session:
        session.query(EnrollmentRequest).one().state = RequestState.WITHDRAWN
    assert run("request", "assign", reference, "--nobody").exit_code == ExitCode.CONFLICT


@pytest.mark.parametrize("words", [[], ["--to", "x", "--nobody"], ["--to", "x"], ["--to", "x\ny", "--name", "X"]])
def test_an_assignment_names_one_operator_or_nobody(run, reference, words):
    assert run("request", "assign", reference, *words).exit_code == ExitCode.USAGE


def test_an_unknown_reference_is_said_so(run):
    for words in (("show", "INS-2026-999999"), ("assign", "INS-2026-999999", "--nobody")):
        refused = run("request", *words)
        assert refused.exit_code == ExitCode.NOT_FOUND
        assert "INS-2026-999999" in refused.stderr
