"""`idp card ...`."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from card_bridge.verification.lists import ListState
from config.commands import ExitCode
from idp.accounts.card_commands import card
from idp.accounts.models import IdentifierProof
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
    parts.opens(password=None, national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
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
        (("end", RENEWED), ExitCode.NOT_FOUND, "`idp card list` shows the cards that were"),
        (("bind", "other", NUMBER), ExitCode.REFUSED, "correct the account first"),
    ],
)
def test_a_refusal_says_what_to_do(parts, idp_card, waiting, arguments, code, said):
    parts.opens(password=None, login="other", email="other@exemple.test", national_id="899700200019",
                national_id_proof=IdentifierProof.OPERATOR)  # fmt: skip
    refused = idp_card(*arguments)
    assert (refused.exit_code, said in refused.stderr) == (code, True)


def test_a_card_of_another_account_must_be_ended_first(parts, idp_card, waiting):
    parts.opens(password=None, login="other", email="other@exemple.test")
    idp_card("bind", "jdupont", NUMBER)
    refused = idp_card("bind", "other", NUMBER)
    assert (refused.exit_code, "idp card end" in refused.stderr) == (ExitCode.CONFLICT, True)


class _Fetching:
    """What the job knows of the lists."""

    def __init__(self, *states):
        self._states = states
        self.has_fetched = False

    def fetch_due(self, _now, *, all_of_them):
        self.has_fetched = all_of_them

    def states(self):
        return self._states


def a_list(**changes):
    at = datetime.now(UTC)
    usual = {"source": "http://crl.exemple.test/ACI-FO-PP.crl", "authority": "AC IGC-SANTE FORT PERSONNES",
             "number": "17", "this_update": at - timedelta(hours=5), "next_update": at + timedelta(hours=19),
             "entries": 20_000, "fetched_at": at, "attempted_at": at, "failure": None}  # fmt: skip
    return ListState(**(usual | changes))


def revocation(*states, arguments=()):
    class Installation:
        fetching = _Fetching(*states)

        def card_revocation(self):
            return self.fetching

    return CliRunner().invoke(card, ["revocation", *arguments], obj=Installation()), Installation.fetching


def test_the_age_and_the_state_of_each_list_are_shown():
    shown, fetching = revocation(a_list(), arguments=["--fetch"])
    assert shown.stdout.startswith("fresh  AC IGC-SANTE FORT PERSONNES  http://crl.exemple.test/ACI-FO-PP.crl\n")
    assert "20000 entries, 5 h old, counts until " in shown.stdout
    assert (shown.exit_code, fetching.has_fetched) == (0, True)


def test_a_list_that_has_ended_or_is_missing_exits_with_1():
    ended = a_list(next_update=datetime.now(UTC) - timedelta(hours=1), failure="the server was not reached")
    shown, _ = revocation(ended, a_list())
    assert shown.exit_code == ExitCode.REFUSED
    assert shown.stdout.startswith("STALE")
    assert re.search(r"last attempt, .* UTC: the server was not reached\n", shown.stdout)
    missing = a_list(authority="", number=None, this_update=None, next_update=None, fetched_at=None, attempted_at=None)
    shown, fetching = revocation(missing, arguments=["--json"])
    [only] = json.loads(shown.stdout)
    assert (shown.exit_code, only["is_fresh"], only["age_seconds"], only["authority"]) == (1, False, None, None)
    assert not fetching.has_fetched


def test_without_lists_the_setting_is_named():
    assert "card_revocation_lists" in revocation()[0].stderr
