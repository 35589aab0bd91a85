"""`POST /api/provisionings/<request>/letter`: the letter of an acceptance before it is decided; nothing is done."""

import pytest

from idp.accounts.models import IdentifierProof
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.builders.acceptances import REQUEST, a_body, a_new_account, terms
from tests.builders.operators import OPERATOR

ADDRESS = f"/api/provisionings/{REQUEST}/letter"


@pytest.fixture
def previews(caller):
    def previews(body, status=200):
        answer = caller.calls("POST", ADDRESS, body)
        assert answer.status_code == status, answer.text
        return answer.json

    return previews


@pytest.fixture
def mailed(idp, caller):
    """The letter that the provisioning itself mails: its recipient, subject and lines."""

    def mailed(body):
        assert caller.calls("PUT", f"/api/provisionings/{REQUEST}/1", body).status_code == 201
        letter = idp.letters()[-1]
        return letter["To"], letter["Subject"], letter.get_content().replace("\r\n", "\n").splitlines()

    return mailed


def test_it_is_the_letter_that_is_mailed_but_for_the_link(previews, mailed, administrator, onco_centre):
    ends = terms(ends_at="2090-01-01T00:00:00Z")
    body = a_body(administrator, communities=[{"name": "onco-centre", **ends}], words="Bienvenue.")
    shown = previews(body)["letter"]
    to, subject, lines = mailed(body)
    assert (shown["to"], shown["subject"], shown["language"]) == (to, subject, "fr")
    differing = [
        (mine, theirs) for mine, theirs in zip(shown["body"].splitlines(), lines, strict=True) if mine != theirs
    ]
    [(address, mailed_address)] = [pair for pair in differing if "/password/choose/" in pair[0]]
    assert address.endswith("/password/choose/…")
    assert mailed_address.startswith(address.removesuffix("…"))
    assert all("avant le" in mine for mine, _theirs in differing if mine != address)  # the minute may have passed


def test_nothing_is_done_but_a_line_of_the_trail(idp, previews, administrator):
    before = idp.trail()
    previews(a_body(administrator))
    assert idp.services.accounts.by_username("edaubrac") is None
    assert idp.letters() == []
    assert idp.trail()[len(before) :] == ["letter.previewed"]


def test_the_letter_of_an_account_that_exists_goes_to_its_own_address(idp, previews, administrator, paul, perinat):
    sub = idp.services.subjects.sub_for(idp.services.accounts.by_username(paul.login).account_id)
    shown = previews(
        a_body(administrator, account={"subject": sub}, entitlements=[{"client_id": "perinat", **terms()}])
    )
    assert shown["letter"]["to"] == paul.email
    assert "/password/" not in shown["letter"]["body"]
    assert idp.services.accounts.by_username(paul.login).entitlements.keys().isdisjoint({"perinat"})


def test_there_is_none_when_nothing_would_be_mailed(idp, previews, administrator, paul):
    handle = idp.services.accounts.by_username(paul.login).account_id
    assert previews(a_body(administrator, account={"handle": handle})) == {"letter": None}


def test_a_refusal_is_that_of_the_provisioning(idp, previews, administrator, decider):
    idp.services.account_service.change(
        "jdupont", {"national_id": "899700123450", "national_id_proof": IdentifierProof.OPERATOR}, actor=OPERATOR
    )
    proven = [{"kind": "rpps", "value": "99700123450", "proof": "operator"}]
    taken = a_body(administrator, account={"new": a_new_account(identifiers=proven)})
    assert previews(taken, status=409)["code"] == "national-id.taken"
    auditor = decider("auditor", HeldRole(OperatorRoleName.AUDITOR))
    assert "no role" in previews(a_body(auditor), status=403)["detail"]
    assert previews(a_body(administrator, unknown=1), status=422)["problems"] == [
        "unknown: is not a member that is known here"
    ]


class TestWithAMailedPassword:
    @pytest.fixture
    def changed_settings(self, secret_file):
        return {"enrollment_secret_file": secret_file, "first_password": "mailed"}

    def test_the_password_is_not_shown(self, previews, administrator):
        body = previews(a_body(administrator))["letter"]["body"]
        assert "mot de passe provisoire" in body
        assert next(line for line in body.splitlines() if "provisoire" in line).endswith("…")
