"""What a thief of the interface's secret can do and cannot: one test for each line of docs/security.md."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from config.audit.trail import AuditEvent
from idp.accounts.assignments import AssignmentTerms
from idp.accounts.cards import NeedsOperator
from idp.accounts.models import Account, IdentifierKind, IdentifierProof, PasswordCredential
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, community_scope
from tests.builders.acceptances import REQUEST, a_body, a_new_account, terms
from tests.builders.cards import a_card
from tests.builders.operators import OPERATOR

RPPS = [{"kind": "rpps", "value": "99700123450", "proof": "operator"}]


@pytest.fixture
def changed_settings(secret_file):
    return {"enrollment_secret_file": secret_file}


@pytest.fixture
def thief(caller):
    """A program that has the secret; `puts` answers the status and the document of a provisioning."""

    def puts(body, sequence=1):
        answer = caller.calls("PUT", f"/api/provisionings/{REQUEST}/{sequence}", body)
        return answer.status_code, answer.json

    return puts


@pytest.fixture
def approver(decider, onco_centre):
    """The subject of an operator who approves for one community only."""
    return decider("pgarnier", HeldRole(OperatorRoleName.APPROVER, community_scope(onco_centre.name)))


@pytest.fixture
def handle(idp):
    def handle(login):
        return idp.services.accounts.by_username(login).account_id

    return handle


def stored(idp, statement):
    with idp.services.database.reading() as connection:
        return connection.execute(statement).all()


def test_it_cannot_decide_without_naming_an_operator(thief):
    for operator in ("", None, "nobody", "jdupont", "x" * 255):
        assert thief(a_body("x") | {"operator": operator})[0] in (403, 422)


def test_who_tries_operators_is_seen_in_the_trail_and_does_not_fill_it(idp, thief, decider, caller):
    plain = decider("plain")
    before = idp.trail().count("api.forbidden")
    assert caller.calls("POST", f"/api/provisionings/{REQUEST}/letter", a_body(plain)).status_code == 403
    assert caller.calls("POST", "/api/matches", {"operator": plain}).status_code == 403
    assert idp.trail().count("api.forbidden") - before == 2
    for _ in range(40):
        assert thief(a_body(plain))[0] == 403
    assert idp.trail().count("api.forbidden") - before == 30
    assert idp.services.accounts.by_username("edaubrac") is None


def test_it_cannot_decide_in_the_name_of_who_holds_no_role_or_reads_only(thief, decider):
    for operator in (decider("plain"), decider("auditor", HeldRole(OperatorRoleName.AUDITOR))):
        assert thief(a_body(operator))[0] == 403


def test_it_cannot_decide_in_the_name_of_an_operator_whose_role_or_account_has_ended(idp, thief, decider):
    role = HeldRole(OperatorRoleName.ADMINISTRATOR)
    revoked, disabled = decider("revoked", role), decider("disabled", role)
    idp.services.operators.revoke("revoked", role, actor=OPERATOR)
    idp.services.account_service.disable("disabled", actor=OPERATOR)
    assert [thief(a_body(operator))[0] for operator in (revoked, disabled)] == [403, 403]


def test_it_cannot_grant_what_the_operator_does_not_answer_for(thief, approver):
    assert thief(a_body(approver, entitlements=[{"client_id": "dcc", **terms()}]))[0] == 403


def test_it_cannot_grant_an_application_that_is_not_offered(idp, thief, administrator, dcc):
    idp.amends(dcc, enrollment=None)
    assert thief(a_body(administrator, entitlements=[{"client_id": "dcc", **terms()}]))[0] == 422


def test_it_cannot_grant_to_the_operators_own_account(thief, administrator, handle):
    grant = {"entitlements": [{"client_id": "dcc", **terms()}]}
    for account in ({"subject": administrator}, {"handle": handle("oriou")}):
        assert thief(a_body(administrator, account=account, **grant))[0] == 409


def test_it_cannot_grant_to_another_account_of_the_operator(idp, thief, administrator, handle, paul):
    local_part, _, domain = idp.services.accounts.by_username("oriou").email.partition("@")
    for number, email in enumerate((f"{local_part}@{domain}", f"{local_part}+2@{domain}"), start=1):
        idp.services.account_service.change(paul.login, {"email": email}, actor=OPERATOR)
        assert thief(a_body(administrator, account={"handle": handle(paul.login)}), number)[0] == 409


@pytest.mark.parametrize("detail", ["", "+2"])
def test_it_cannot_open_a_second_account_for_the_operator(idp, thief, administrator, detail):
    local_part, _, domain = idp.services.accounts.by_username("oriou").email.partition("@")
    email = f"{local_part}{detail}@{domain}".upper()
    assert thief(a_body(administrator, account={"new": a_new_account(email=email)}))[0] == 409


def test_it_cannot_raise_an_operators_role(idp, thief, administrator, handle, paul):
    account = {"handle": handle(paul.login)}
    for member in ("roles", "operator_roles", "role"):
        assert thief(a_body(administrator, account=account) | {member: ["administrator"]})[0] == 422
        assert thief(a_body(administrator, account=account | {member: "administrator"}))[0] == 422
    assert idp.services.accounts.by_username(paul.login).roles == frozenset()


def test_it_cannot_take_a_number_that_another_account_has_proven(idp, thief, administrator, paul):
    changes = {"national_id": "899700123450", "national_id_proof": IdentifierProof.CARD}
    idp.services.account_service.change(paul.login, changes, actor=OPERATOR)
    idp.services.account_service.add_identifier(
        "jdupont", IdentifierKind.ADELI, "459912346", IdentifierProof.OPERATOR, actor=OPERATOR
    )
    adeli = [{"kind": "adeli", "value": "459912346", "proof": "operator"}]
    for identifiers in (RPPS, adeli):
        assert thief(a_body(administrator, account={"new": a_new_account(identifiers=identifiers)}))[0] == 409


def test_it_cannot_say_that_a_card_was_read_without_one(thief, administrator):
    card = [{"kind": "rpps", "value": "99700123450", "proof": "card"}]
    assert thief(a_body(administrator, account={"new": a_new_account(identifiers=card)}))[0] == 422


def test_it_cannot_change_an_account_that_exists(idp, thief, administrator, handle, paul):
    """Neither its person nor its numbers nor its address, to which links are mailed."""
    before = stored(idp, select(*Account.__table__.columns).where(Account.login == paul.login))
    for changes in ({"email": "thief@exemple.test"}, {"identifiers": RPPS}, {"new": a_new_account()}):
        assert thief(a_body(administrator, account={"handle": handle(paul.login)} | changes))[0] == 422
    thief(a_body(administrator, account={"handle": handle(paul.login)}), 2)
    assert stored(idp, select(*Account.__table__.columns).where(Account.login == paul.login)) == before


def test_it_cannot_touch_a_password(idp, thief, administrator, handle, paul):
    before = stored(idp, select(*PasswordCredential.__table__.columns).order_by(PasswordCredential.account_id))
    idp.disables(paul)
    assert thief(a_body(administrator, account={"handle": handle(paul.login), "reopen": True}))[0] == 201
    assert thief(a_body(administrator, account={"new": a_new_account(password="x")}), 2)[0] == 422
    assert stored(idp, select(*PasswordCredential.__table__.columns).order_by(PasswordCredential.account_id)) == before


def test_it_cannot_bring_back_access_that_the_operator_does_not_answer_for(
    idp, thief, administrator, approver, handle, paul
):
    """A disabled account comes back with what it had."""
    service, body = idp.services.account_service, {"account": {"handle": handle(paul.login), "reopen": True}}
    ended = AssignmentTerms(starts_at=datetime(2019, 1, 1, tzinfo=UTC), ends_at=datetime(2020, 1, 1, tzinfo=UTC))
    service.join(paul.login, "onco-centre", actor=OPERATOR)
    service.grant(paul.login, "perinat", actor=OPERATOR, terms=ended)
    service.grant(paul.login, "dcc", actor=OPERATOR)
    idp.disables(paul)
    status, answer = thief(a_body(approver, **body))
    assert (status, "application:dcc" in answer["detail"], "perinat" in answer["detail"]) == (403, True, False)
    assert idp.services.accounts.by_username(paul.login).disabled
    service.withdraw(paul.login, "dcc", actor=OPERATOR)
    assert thief(a_body(approver, **body))[0] == 201
    service.grant(paul.login, "dcc", actor=OPERATOR)
    idp.disables(paul)
    assert thief(a_body(administrator, **body), 2)[0] == 201


def test_it_brings_an_operator_back_in_the_name_of_an_administrator_alone(idp, thief, administrator, decider, handle):
    of_everything = decider("hpradel", HeldRole(OperatorRoleName.APPROVER))
    decider("nvasseur", HeldRole(OperatorRoleName.AUDITOR))
    idp.services.account_service.disable("nvasseur", actor=OPERATOR)
    body = {"account": {"handle": handle("nvasseur"), "reopen": True}}
    assert thief(a_body(of_everything, **body))[0] == 403
    assert idp.services.accounts.by_username("nvasseur").disabled
    assert thief(a_body(administrator, **body))[0] == 201


def test_it_reads_no_link_and_no_password_in_an_answer(idp, thief, administrator):
    _, answer = thief(a_body(administrator))
    assert set(answer) == {"username", "account", "letter"}
    token = re.search(r"/password/choose/(\S+)", idp.letters()[-1].get_content())[1]
    assert token not in str(answer)


def test_it_cannot_list_accounts(caller, administrator):
    for path in ("/api/accounts", "/api/matches", "/api/sessions", "/api/operators", f"/api/provisionings/{REQUEST}/1"):
        assert caller.calls("GET", path).status_code in (404, 405)
    wide = {"operator": administrator, "rpps": "%", "email": "%", "family_name": "%", "given_name": "%"}
    assert caller.calls("POST", "/api/matches", wide).json == {"matches": []}


def test_it_learns_of_an_account_without_a_role_nothing_by_its_subject(idp, caller, administrator, handle, paul):
    subject = idp.services.subjects.sub_for(handle(paul.login))
    asked = {"operators": [{"subject": each} for each in (subject, "nobody")]}
    answer = caller.calls("POST", "/api/operators", asked).json
    assert answer == {"operators": [{"subject": subject, "roles": []}, {"subject": "nobody", "roles": []}]}


def test_it_cannot_use_the_secret_elsewhere(idp, caller):
    for path in ("/account", "/oidc/userinfo", "/oidc/token", "/account/profile"):
        assert caller.calls("GET", path).status_code != 200
    logins = select(func.count()).select_from(AuditEvent).where(AuditEvent.kind == "login.succeeded")
    assert stored(idp, logins) == [(0,)]


def test_it_reads_the_letter_of_a_decision_without_its_secret_and_each_time_in_the_trail(idp, caller, administrator):
    answer = caller.calls("POST", f"/api/provisionings/{REQUEST}/letter", a_body(administrator))
    assert "/password/choose/…" in answer.json["letter"]["body"]
    assert idp.trail()[-1] == "letter.previewed"


def test_it_cannot_pass_over_the_rules_of_an_application(idp, thief, administrator, onco_centre, perinat):
    """The DCC needs Onco Centre, and is closed to people hidden in the directory; Périnat has no role to give."""
    dcc, onco = {"client_id": "dcc", **terms()}, {"name": "onco-centre", **terms()}
    ended = onco | {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-02-01T00:00:00Z"}
    hidden = {"new": a_new_account(confidentiality="hidden")}
    midwife = {"client_id": "perinat", **terms(role="midwife")}
    assert thief(a_body(administrator, entitlements=[dcc]))[0] == 409
    assert thief(a_body(administrator, entitlements=[dcc], communities=[ended]))[0] in (409, 422)
    assert thief(a_body(administrator, entitlements=[dcc], communities=[onco], account=hidden))[0] == 409
    assert thief(a_body(administrator, entitlements=[midwife]))[0] == 422
    assert idp.services.accounts.by_username("edaubrac") is None
    assert thief(a_body(administrator, entitlements=[dcc], communities=[onco]))[0] == 201


def test_whatever_it_does_is_in_the_trail_with_the_operator_it_named(idp, thief, administrator, perinat):
    """What it can do: open accounts and grant what is offered, in the name of an operator whose subject it knows."""
    assert thief(a_body(administrator, entitlements=[{"client_id": "perinat", **terms()}]))[0] == 201
    kinds = ("account.created", "entitlement.granted", "password-link.sent", "request.provisioned")
    of_this_account = select(AuditEvent.kind, AuditEvent.actor).where(AuditEvent.login == "edaubrac")
    assert {tuple(row) for row in stored(idp, of_this_account)} == {(kind, "operator:oriou") for kind in kinds}


def test_it_cannot_bind_a_card_that_was_never_verified(idp, thief, administrator, handle, paul):
    """The identity of a card is no secret: what was verified here is remembered here."""
    status, problem = thief(a_body(administrator, account={"handle": handle(paul.login)}, card=a_card().as_record()))
    assert (status, problem["code"]) == (409, "card.unknown")
    assert idp.services.cards.list() == []


def test_it_cannot_bind_a_verified_card_to_an_account_that_has_not_proven_its_number(
    idp, thief, administrator, handle, paul
):
    idp.services.request_cards.record_reading(a_card())
    assert thief(a_body(administrator, account={"handle": handle(paul.login)}, card=a_card().as_record()))[0] == 201
    assert [(card.status, card.login) for card in idp.services.cards.list()] == [("waiting", paul.login)]
    assert idp.services.cards.find_account(a_card()) == NeedsOperator()


def test_it_cannot_take_a_card_from_its_account(idp, thief, administrator, handle, paul):
    idp.services.request_cards.record_reading(a_card())
    changes = {"national_id": a_card().national_id, "national_id_proof": IdentifierProof.OPERATOR}
    idp.services.account_service.change("jdupont", changes, actor=OPERATOR)
    idp.services.cards.find_account(a_card())
    status, problem = thief(a_body(administrator, account={"handle": handle(paul.login)}, card=a_card().as_record()))
    assert (status, problem["code"]) == (409, "card.taken")
    assert [card.login for card in idp.services.cards.list()] == ["jdupont"]


def test_it_cannot_give_a_card_another_number(thief, administrator, idp):
    idp.services.request_cards.record_reading(a_card())
    forged = a_card(national_id="899700200019").as_record()
    numbers = [{"kind": "rpps", "value": "99700200019", "proof": "card"}]
    new = {"new": a_new_account(identifiers=numbers)}
    assert thief(a_body(administrator, account=new, card=a_card().as_record()))[0] == 422
    assert thief(a_body(administrator, account=new, card=forged))[0] == 409
