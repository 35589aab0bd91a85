"""`idp card ...`."""

import json

import pytest
from click.testing import CliRunner

from config.commands import ExitCode
from idp.accounts.card_commands import card
from idp.accounts.models import Proof
from tests.builders.cards import NUMBER, RENEWED, RPPS, a_card


@pytest.fixture
def idp_card(parts):
    class Installation:
        def cards(self):
            return parts.cards

    return lambda *arguments: CliRunner().invoke(card, arguments, obj=Installation())


@pytest.fixture
def waiting(parts):
    """The card of a person who only typed its identifier."""
    parts.opens(password=None, national_id=RPPS, national_id_proof=Proof.TYPED)
    parts.cards.find_account(a_card())


def test_a_card_that_waits_is_listed_bound_and_ended(idp_card, waiting):
    [listed] = json.loads(idp_card("list", "--status", "waiting", "--json").stdout)
    assert (listed["number"], listed["login"], listed["national_id"]) == (NUMBER, "jdupont", RPPS)
    assert idp_card("bind", "jdupont", NUMBER).stdout == f"The card {NUMBER} logs in to jdupont.\n"
    assert idp_card("bind", "jdupont", NUMBER).stdout == f"The card {NUMBER} already logs in to jdupont.\n"
    assert idp_card("list", "--account", "jdupont").stdout.split()[:3] == [NUMBER, "bound", "jdupont"]
    assert json.loads(idp_card("end", NUMBER, "--json").stdout) == {"number": NUMBER, "changed": True}
    assert "nothing to change" in idp_card("end", NUMBER).stdout


def test_an_empty_list_says_so(idp_card):
    assert idp_card("list").stderr == "There is no such card.\n"
    assert json.loads(idp_card("list", "--json").stdout) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("bind", "nobody", NUMBER), ExitCode.NOT_FOUND, "No account has the login"),
        (("bind", "jdupont", RENEWED), ExitCode.NOT_FOUND, "must present it at the login page first"),
        (("end", RENEWED), ExitCode.NOT_FOUND, "never presented here"),
        (("bind", "other", NUMBER), ExitCode.REFUSED, "correct the account first"),
    ],
)
def test_a_refusal_says_what_to_do(parts, idp_card, waiting, arguments, code, said):
    parts.opens(password=None, login="other", email="other@exemple.test", national_id="899700200019",
                national_id_proof=Proof.OPERATOR)  # fmt: skip
    refused = idp_card(*arguments)
    assert (refused.exit_code, said in refused.stderr) == (code, True)


def test_a_card_of_another_account_must_be_ended_first(parts, idp_card, waiting):
    parts.opens(password=None, login="other", email="other@exemple.test")
    idp_card("bind", "jdupont", NUMBER)
    refused = idp_card("bind", "other", NUMBER)
    assert (refused.exit_code, "idp card end" in refused.stderr) == (ExitCode.CONFLICT, True)
