"""`idp account grant` and `withdraw`."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from config.commands import ExitCode
from idp.accounts.assignments import AssignmentTerms
from tests.builders.operators import OPERATOR

DAY = timedelta(days=1)


@pytest.fixture
def held(parts, jeanne_account):
    """What Jeanne has of the DCC."""
    return lambda: parts.as_it_stands(jeanne_account).entitlements["dcc-client"]


def test_a_person_is_entitled_by_the_name_or_the_client_id(idp_account, parts, jeanne_account):
    [entitlement] = json.loads(idp_account("grant", "jdupont", "dcc", "--json").stdout)["entitlements"]
    assert (entitlement["application"], entitlement["in_force"]) == ("dcc-client", True)
    assert idp_account("grant", "jdupont", "unknown").exit_code == ExitCode.NOT_FOUND
    assert idp_account("withdraw", "jdupont", "dcc").stdout == "jdupont can no longer use dcc.\n"
    assert idp_account("withdraw", "jdupont", "dcc").stdout == "jdupont was not entitled to dcc: nothing to change.\n"
    assert parts.as_it_stands(jeanne_account).entitlements == {}


def test_a_day_is_the_region_s_and_the_last_one_is_included(idp_account, held):
    done = idp_account(
        "grant", "jdupont", "dcc", "--role", "secretary", "--from", "2126-11-30", "--until", "2126-12-31"
    )
    assert done.stdout == "jdupont can use dcc, as secretary, from 2126-11-30, until 2126-12-31.\n"
    assert held().starts_at == datetime(2126, 11, 29, 23, tzinfo=UTC)
    assert held().ends_at == datetime(2126, 12, 31, 23, tzinfo=UTC)


def test_an_instant_is_what_it_says(idp_account, held):
    done = idp_account("grant", "jdupont", "dcc", "--until", "2126-12-31T18:00+01:00", "--reason", "Stage")
    assert done.stdout == "jdupont can use dcc, until 2126-12-31T18:00+01:00.\n"
    assert (held().ends_at, held().reason) == (datetime(2126, 12, 31, 17, tzinfo=UTC), "Stage")


def test_what_is_left_out_stays_as_it_is(idp_account, held):
    idp_account("grant", "jdupont", "dcc", "--role", "secretary", "--until", "2126-12-31", "--reason", "Stage")
    before = held()
    assert idp_account("grant", "jdupont", "dcc").stdout.endswith("until 2126-12-31: nothing to change.\n")
    idp_account("grant", "jdupont", "dcc", "--until", "2127-12-31")
    assert (held().role, held().reason, held().starts_at) == ("secretary", "Stage", before.starts_at)
    idp_account("grant", "jdupont", "dcc", "--no-end", "--no-role")
    assert (held().role, held().ends_at) == (None, None)


def test_an_entitlement_that_has_ended_begins_anew(idp_account, parts, held, jeanne_account):
    now = datetime.now(UTC)
    ended = AssignmentTerms(role="secretary", starts_at=now - 2 * DAY, ends_at=now - DAY)
    parts.service.grant("jdupont", "dcc-client", actor=OPERATOR, terms=ended)
    assert not json.loads(idp_account("show", "jdupont", "--json").stdout)["entitlements"][0]["in_force"]
    assert idp_account("grant", "jdupont", "dcc").stdout == "jdupont can use dcc.\n"
    assert (held().role, held().ends_at) == (None, None)
    assert held().is_in_force(datetime.now(UTC))


def test_what_an_account_may_use_is_shown(idp_account, jeanne_account):
    idp_account("grant", "jdupont", "dcc", "--role", "secretary", "--until", "2126-12-31")
    assert "dcc-client, as secretary, until 2126-12-31" in idp_account("show", "jdupont").stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ["--until", "tomorrow"],
        ["--until", "2126-13-01"],
        ["--until", "2126-12-31T18:00"],
        ["--until", "9999-12-31"],
        ["--from", "0001-01-01"],
        ["--role", "secretary", "--no-role"],
        ["--until", "2126-12-31", "--no-end"],
    ],
)
def test_a_date_that_is_none_and_options_that_exclude_each_other_are_wrong_usage(idp_account, jeanne_account, wrong):
    assert idp_account("grant", "jdupont", "dcc", *wrong).exit_code == ExitCode.USAGE


def test_every_problem_of_the_terms_is_told_at_once(idp_account, jeanne_account):
    refused = idp_account("grant", "jdupont", "dcc", "--role", "a b", "--until", "2001-01-01", "--json")
    assert refused.exit_code == ExitCode.REFUSED
    told = json.loads(refused.stderr)
    assert told["error"] == "assignment.refused"
    assert [problem.partition(":")[0] for problem in told["problems"]] == ["role", "end"]


def test_a_role_is_one_of_those_that_the_application_lists_if_it_lists_any(idp_account, jeanne_account, parts):
    refused = idp_account("grant", "jdupont", "perinat", "--role", "surgeon")
    assert (refused.exit_code, "midwife, secretary" in refused.stderr) == (ExitCode.REFUSED, True)
    assert parts.accounts.by_username("jdupont").entitlements == {}
    assert idp_account("grant", "jdupont", "perinat", "--role", "midwife").exit_code == ExitCode.DONE
    assert idp_account("grant", "jdupont", "dcc", "--role", "surgeon").exit_code == ExitCode.DONE


@pytest.mark.parametrize("name", ["grant", "withdraw"])
def test_an_unknown_account_is_not_found(idp_account, name):
    assert idp_account(name, "nobody", "dcc").exit_code == ExitCode.NOT_FOUND
