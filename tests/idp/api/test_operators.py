"""`POST /api/operators`: the roles that operators hold now."""

import pytest

from idp.accounts.models import IdentifierProof
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, community_scope
from idp.api.operators import MOST_OPERATORS
from tests.builders.operators import OPERATOR

APPROVER = HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre"))


@pytest.fixture
def roles(caller):
    def roles(*subjects):
        answer = caller.calls("POST", "/api/operators", {"operators": [{"subject": each} for each in subjects]})
        assert answer.status_code == 200, answer.text
        return [(each["subject"], each["roles"]) for each in answer.json["operators"]]

    return roles


@pytest.fixture
def approver(decider, onco_centre):
    """The subject of an approver of Onco Centre, who reads everything too."""
    return decider("hpradel", APPROVER, HeldRole(OperatorRoleName.AUDITOR))


def test_each_operator_is_answered_for_in_the_order_of_the_call(roles, approver, administrator):
    assert roles(administrator, approver) == [
        (administrator, ["administrator"]),
        (approver, ["approver:community:onco-centre", "auditor"]),
    ]
    assert roles() == []


def test_a_role_that_was_revoked_is_not_held_at_once(idp, roles, approver):
    roles(approver)
    idp.services.operators.revoke("hpradel", APPROVER, actor=OPERATOR)
    assert roles(approver) == [(approver, ["auditor"])]
    idp.services.account_service.disable("hpradel", actor=OPERATOR)
    assert roles(approver) == [(approver, [])]


def test_who_is_no_operator_is_told_from_nobody_by_nothing(idp, roles, paul):
    subject = idp.services.subjects.sub_for(idp.services.accounts.by_username(paul.login).account_id)
    assert [held for _, held in roles(subject, "nobody", "x" * 255)] == [[], [], []]


def test_who_made_the_request_holds_nothing_for_it(idp, caller, approver):
    """By an account that the request is of, by its mailbox, or by its number."""
    services, rpps = idp.services, "99700123450"
    proven = {"national_id": f"8{rpps}", "national_id_proof": IdentifierProof.OPERATOR}
    services.account_service.change("hpradel", proven, actor=OPERATOR)
    account = services.accounts.by_username("hpradel")

    def holds(**person):
        asked = {"operators": [{"subject": approver}], "person": person}
        return bool(caller.calls("POST", "/api/operators", asked).json["operators"][0]["roles"])

    local_part, _, domain = account.email.partition("@")
    own = [
        {"subject": approver},
        {"handle": account.account_id},
        {"email": f"{local_part}+2@{domain.upper()}"},
        {"rpps": rpps},
        {"rpps": "", "email": account.email},
    ]
    others = [{}, {"handle": "x", "subject": "y", "rpps": "99700123468", "email": f"x{account.email}"}, {"rpps": "?"}]
    assert [holds(**person) for person in own] == [False] * 5
    assert [holds(**person) for person in others] == [True] * 3


def test_a_person_with_two_accounts_is_one_operator(idp, roles, approver, administrator):
    """By the mailbox, since its reader can reset the password of both accounts, or by the number."""
    service, accounts = idp.services.account_service, idp.services.accounts
    local_part, _, domain = accounts.by_username("oriou").email.partition("@")
    service.change("hpradel", {"email": f"{local_part}+2@{domain}"}, actor=OPERATOR)
    assert [bool(held) for _, held in roles(administrator, approver)] == [True, False]
    assert [bool(held) for _, held in roles(approver, administrator)] == [True, False]
    service.change("hpradel", {"email": "hpradel@exemple.test"}, actor=OPERATOR)
    assert [bool(held) for _, held in roles(approver, administrator)] == [True, True]
    for login in ("hpradel", "oriou"):
        service.change(
            login, {"national_id": "899700123450", "national_id_proof": IdentifierProof.TYPED}, actor=OPERATOR
        )
    assert [bool(held) for _, held in roles(approver, administrator)] == [True, False]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"operators": [{"subject": ""}]}, "operators[0].subject"),
        ({"operators": ["x"]}, "operators: must be a list"),
        ({"operators": [{"subject": "x"}] * (MOST_OPERATORS + 1)}, "operators: must be a list"),
        ({"operators": [{"subject": "x", "role": "auditor"}]}, "operators[0].role"),
        ({"login": "jdupont"}, "login"),
        ({"operators": [], "person": {"name": "Jeanne"}}, "person.name"),
    ],
)
def test_a_body_that_is_wrong_is_refused_by_its_member(caller, body, problem):
    answer = caller.calls("POST", "/api/operators", body)
    assert answer.status_code == 422
    assert problem in answer.json["detail"]
