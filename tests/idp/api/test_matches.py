"""`POST /api/matches`: the accounts that may be the person of a request."""

import json

import pytest
from sqlalchemy import select

from config.audit.trail import AuditEvent
from idp.accounts.models import IdentifierProof
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.actors.browser import Professional
from tests.builders.operators import OPERATOR

NOBODY = {"rpps": "", "email": "", "family_name": "", "given_name": "", "birth_name": ""}


@pytest.fixture
def auditor(decider):
    """The subject of an auditor, who reads and decides nothing."""
    return decider("hpradel", HeldRole(OperatorRoleName.AUDITOR))


@pytest.fixture
def matches(caller, auditor):
    def matches(status=200, **sought):
        answer = caller.calls("POST", "/api/matches", {"operator": auditor} | NOBODY | sought)
        assert answer.status_code == status, answer.text
        return answer.json.get("matches", answer.json)

    return matches


def test_an_account_is_found_by_its_number_however_it_was_proven(idp, matches):
    changes = {"national_id": "899700123450", "national_id_proof": IdentifierProof.TYPED}
    idp.services.account_service.change("jdupont", changes, actor=OPERATOR)
    [match] = matches(rpps="997 0012 3450")
    assert (match["username"], match["rpps"], match["rpps_proof"]) == ("jdupont", "99700123450", "typed")
    assert match["why"] == ["rpps"]


def test_an_account_is_found_by_its_address_and_by_both_names_without_accents_and_hyphens(idp, matches):
    idp.services.account_service.change("jdupont", {"given_name": "Anne-Élise"}, actor=OPERATOR)
    [match] = matches(email="Jeanne.Dupont@exemple.test", given_name="ANNE ELISE", family_name="dupont")
    assert (match["name"], match["disabled"], match["why"]) == ("Anne-Élise Dupont", False, ["email", "names"])


def test_a_name_at_birth_is_a_surname_on_both_sides(idp, matches):
    idp.services.account_service.change("jdupont", {"birth_name": "d’Aubrac"}, actor=OPERATOR)
    assert matches(given_name="Jeanne", family_name="D'Aubrac")
    assert matches(given_name="Jeanne", family_name="Martin", birth_name="Dupont")


@pytest.mark.parametrize(
    "sought",
    [
        {},
        {"family_name": "Dupont"},
        {"given_name": "Jeanne"},
        {"family_name": "Dup%", "given_name": "Jeanne"},
        {"email": "%"},
        {"email": "exemple.test"},
        {"rpps": "%"},
        {"rpps": "997"},
    ],
)
def test_less_than_an_exact_value_finds_nobody(matches, sought):
    assert matches(**sought) == []


def test_five_accounts_are_found_at_most(idp, matches):
    for number in range(7):
        idp.creates(_homonym(number))
    assert len(matches(given_name="Marie", family_name="Petit")) == 5


def test_the_trail_names_the_operator_and_nobody_else(idp, matches):
    matches(email="jeanne.dupont@exemple.test")
    with idp.services.database.reading() as connection:
        entry = connection.execute(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (entry.kind, entry.actor, entry.account) == ("accounts.matched", "operator:hpradel", None)
    assert json.loads(entry.detail) == {"found": 1, "by": ["email"]}


def test_who_holds_no_role_finds_nothing(caller, idp, decider, paul):
    sub = decider("another")
    for operator in (sub, "nobody", "x" * 300):
        answer = caller.calls("POST", "/api/matches", {"operator": operator} | NOBODY)
        assert answer.status_code in (403, 422)


def test_a_wrong_body_is_told_what_to_change(matches):
    assert "usrname: is not a member" in matches(status=422, usrname="x")["detail"]


def test_many_calls_in_a_minute_wait(matches, frozen):
    for _ in range(60):
        matches()
    assert matches(status=429)["code"] == "calls.too-many"


def _homonym(number):
    return Professional(f"mpetit{number}", "Verger-Calme-41", "Marie", "Petit")
