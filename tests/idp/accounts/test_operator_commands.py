"""`idp operator ...`."""

import json

import pytest
from click.testing import CliRunner

from config.commands import ExitCode
from config.sql.database import DatabaseUnavailable
from idp.accounts.communities import CommunityDescription
from idp.accounts.operator_commands import operator
from tests.builders.operators import OPERATOR


@pytest.fixture
def idp_operator(parts):
    class Installation:
        def operators(self):
            return parts.operators

        def find_application(self, name):
            return {"dcc": "dcc-client"}.get(name)

    onco = CommunityDescription(name="onco-centre", display_name_fr="Onco Centre", display_name_en="Onco Centre")
    parts.communities.add(onco, actor=OPERATOR)
    return lambda *arguments: CliRunner().invoke(operator, arguments, obj=Installation())


def test_the_first_administrator_is_made_by_a_command_of_its_own(idp_operator, jeanne_account):
    assert idp_operator("bootstrap", "jdupont").stdout == "jdupont is the first administrator.\n"
    refused = idp_operator("bootstrap", "jdupont")
    assert (refused.exit_code, "idp operator list" in refused.stderr) == (ExitCode.CONFLICT, True)
    assert idp_operator("bootstrap", "nobody").exit_code == ExitCode.NOT_FOUND


def test_a_role_is_granted_for_a_community_for_an_application_or_for_everything(idp_operator, jeanne_account):
    assert idp_operator("grant", "jdupont", "approver").stdout == "jdupont is approver.\n"
    of_onco = idp_operator("grant", "jdupont", "approver", "--community", "onco-centre")
    assert of_onco.stdout == "jdupont is approver:community:onco-centre.\n"
    of_dcc = json.loads(idp_operator("grant", "jdupont", "approver", "--application", "dcc", "--json").stdout)
    assert of_dcc == {"login": "jdupont", "role": "approver", "scope": "application:dcc-client", "changed": True}
    again = idp_operator("grant", "jdupont", "approver", "--application", "dcc")
    assert again.stdout == "jdupont is already approver:application:dcc-client: nothing to change.\n"
    listed = json.loads(idp_operator("list", "--json").stdout)
    assert [each["scope"] for each in listed] == ["", "application:dcc-client", "community:onco-centre"]


def test_a_role_is_revoked(idp_operator, jeanne_account):
    idp_operator("grant", "jdupont", "auditor")
    assert "auditor" in idp_operator("list").stdout
    assert idp_operator("revoke", "jdupont", "auditor").stdout == "jdupont is no longer auditor.\n"
    assert idp_operator("revoke", "jdupont", "auditor").stdout == "jdupont is not auditor: nothing to change.\n"
    assert "idp operator bootstrap" in idp_operator("list").stderr


def test_the_end_of_the_last_administrator_says_how_to_make_another(parts, idp_operator, jeanne_account):
    parts.opens(password=None, login="other", email="other@exemple.test")
    for login in ("jdupont", "other"):
        idp_operator("grant", login, "administrator")
    assert idp_operator("revoke", "jdupont", "administrator").stdout == "jdupont is no longer administrator.\n"
    assert "No administrator remains: idp operator bootstrap" in idp_operator("revoke", "other", "administrator").stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nobody", "auditor"], ExitCode.NOT_FOUND),
        (["jdupont", "approver", "--community", "other"], ExitCode.NOT_FOUND),
        (["jdupont", "approver", "--application", "other"], ExitCode.NOT_FOUND),
        (["jdupont", "king"], ExitCode.USAGE),
        (["jdupont", "approver", "--application", "dcc", "--community", "onco-centre"], ExitCode.USAGE),
        (["jdupont", "administrator", "--application", "dcc"], ExitCode.REFUSED),
    ],
)
def test_what_cannot_be_granted_is_said(idp_operator, jeanne_account, arguments, code):
    assert idp_operator("grant", *arguments).exit_code == code
    assert json.loads(idp_operator("list", "--json").stdout) == []


def test_a_database_that_is_away_has_an_exit_code_of_its_own(idp_operator, parts, monkeypatch):
    def away(*_):
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(type(parts.operators), "all", away)
    assert idp_operator("list").exit_code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize("name", [None, *operator.commands])
def test_each_command_says_its_exit_codes(idp_operator, name):
    assert "Exit codes:" in idp_operator(*([name] if name else []), "--help").stdout
