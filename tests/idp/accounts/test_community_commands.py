"""`idp community ...`, `idp account join` and `leave`."""

import json

import pytest
from click.testing import CliRunner

from config.commands import ExitCode
from config.sql.database import DatabaseUnavailable
from idp.accounts.community_commands import community


@pytest.fixture
def idp_community(parts):
    class Installation:
        def communities(self):
            return parts.communities

    return lambda *arguments: CliRunner().invoke(community, arguments, obj=Installation())


@pytest.fixture
def onco(idp_community):
    idp_community("add", "onco-centre", "--display-name", "Onco Centre")
    return "onco-centre"


def test_a_community_is_added_changed_and_removed(idp_community):
    added = idp_community("add", "soins-palliatifs", "--display-name", "Soins palliatifs", "--not-requestable")
    assert (added.exit_code, added.stdout.splitlines()[0]) == (
        ExitCode.DONE,
        "The community soins-palliatifs is added: Soins palliatifs.",
    )
    changed = idp_community("change", "soins-palliatifs", "--display-name-en", "Palliative care", "--requestable")
    assert changed.stdout == "soins-palliatifs is changed: display_name_en, requestable.\n"
    assert idp_community("change", "soins-palliatifs").stdout == "soins-palliatifs: nothing to change.\n"
    shown = json.loads(idp_community("show", "soins-palliatifs", "--json").stdout)
    assert (shown["display_name_fr"], shown["display_name_en"], shown["requestable"], shown["members"]) == (
        "Soins palliatifs",
        "Palliative care",
        True,
        [],
    )
    assert idp_community("remove", "soins-palliatifs").stdout == "The community soins-palliatifs is removed.\n"
    assert json.loads(idp_community("list", "--json").stdout) == []


def test_a_help_text_is_taken_away_by_an_empty_one(idp_community, onco):
    idp_community("change", onco, "--help-fr", "Réseau de cancérologie.")
    assert json.loads(idp_community("show", onco, "--json").stdout)["help_fr"] == "Réseau de cancérologie."
    idp_community("change", onco, "--help-fr", "")
    assert json.loads(idp_community("show", onco, "--json").stdout)["help_fr"] == ""


def test_one_with_members_is_removed_only_with_their_number(idp_community, idp_account, onco, jeanne_account):
    idp_account("join", "jdupont", onco, "--role", "coordinator")
    refused = idp_community("remove", onco)
    assert refused.exit_code == ExitCode.CONFLICT
    assert f"idp community remove {onco} --members 1" in refused.stderr
    assert json.loads(idp_community("remove", onco, "--json").stderr)["members"] == 1
    shown = idp_community("show", onco).stdout
    assert "members              1" in shown
    assert "jdupont              Jeanne Dupont                            coordinator" in shown
    assert idp_community("remove", onco, "--members", "1").exit_code == ExitCode.DONE


def test_a_person_joins_and_leaves(idp_account, parts, onco, jeanne_account):
    joined = idp_account("join", "jdupont", onco, "--role", "member", "--until", "2126-12-31")
    assert joined.stdout == f"jdupont is a member of {onco}, as member, until 2126-12-31.\n"
    assert "nothing to change" in idp_account("join", "jdupont", onco).stdout
    assert f"{onco}, as member, until 2126-12-31" in idp_account("show", "jdupont").stdout
    [membership] = json.loads(idp_account("show", "jdupont", "--json").stdout)["memberships"]
    assert (membership["community"], membership["role"], membership["in_force"]) == (onco, "member", True)
    assert idp_account("leave", "jdupont", onco).stdout == f"jdupont is no longer a member of {onco}.\n"
    assert "was not a member" in idp_account("leave", "jdupont", onco).stdout


def test_what_is_unknown_is_not_found(idp_community, idp_account, onco, jeanne_account):
    for name in ("change", "remove", "show"):
        assert idp_community(name, "other").exit_code == ExitCode.NOT_FOUND
    assert idp_account("join", "jdupont", "other").exit_code == ExitCode.NOT_FOUND
    assert idp_account("join", "nobody", onco).exit_code == ExitCode.NOT_FOUND
    assert idp_account("leave", "nobody", onco).exit_code == ExitCode.NOT_FOUND


def test_every_problem_is_told_at_once(idp_community):
    refused = idp_community("add", "Onco Centre", "--display-name", "", "--json")
    assert refused.exit_code == ExitCode.REFUSED
    told = json.loads(refused.stderr)
    assert [problem.partition(":")[0] for problem in told["problems"]] == ["name", "display_name_fr", "display_name_en"]


def test_a_name_is_one_community_s(idp_community, onco):
    assert idp_community("add", onco, "--display-name", "Autre").exit_code == ExitCode.CONFLICT


def test_a_database_that_is_away_has_an_exit_code_of_its_own(idp_community, parts, monkeypatch):
    def away(*_):
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(type(parts.communities), "all", away)
    assert idp_community("list").exit_code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize("name", [None, *community.commands])
def test_each_command_says_its_exit_codes(idp_community, name):
    assert "Exit codes:" in idp_community(*([name] if name else []), "--help").stdout
