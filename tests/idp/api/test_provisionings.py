"""`PUT /api/provisionings/<request>/<sequence>`: an accepted request becomes an account and its access, once."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from idp.accounts.cards import Bound
from idp.accounts.models import Account, IdentifierProof
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, application_scope, community_scope
from tests.builders.acceptances import REQUEST, a_body, a_new_account, terms
from tests.builders.cards import a_card
from tests.builders.operators import OPERATOR

ADDRESS = f"/api/provisionings/{REQUEST}/1"


@pytest.fixture
def puts(caller):
    def puts(body, address=ADDRESS, status=201):
        answer = caller.calls("PUT", address, body)
        assert answer.status_code == status, answer.text
        return answer.json

    return puts


@pytest.fixture
def account(idp):
    def account(login):
        return idp.services.accounts.by_username(login)

    return account


def plain(letter):
    """The text of a letter, with ordinary spaces and line ends."""
    return re.sub(r"[\u202f\xa0]", " ", letter.get_content()).replace("\r\n", "\n")


def test_the_account_is_what_the_person_said(puts, account, administrator):
    assert puts(a_body(administrator))["username"] == "edaubrac"

    estelle = account("edaubrac")
    assert (estelle.display_name, estelle.town, estelle.telephone) == ("Estelle Daubrac", "Tours", "+33261910001")
    assert (estelle.national_id, estelle.national_id_proof) == ("899700123450", IdentifierProof.TYPED)
    assert (estelle.birth_name, estelle.mobile) == (None, None)
    assert estelle.conditions.version == "1"


@pytest.mark.parametrize(
    ("verified_at", "is_verified"), [("2026-11-20T10:02:00Z", True), ("2199-01-01T00:00:00Z", True), (None, False)]
)
def test_an_address_that_was_verified_at_enrollment_is_verified_here(
    idp, puts, account, administrator, verified_at, is_verified
):
    puts(a_body(administrator, account={"new": a_new_account(email_verified_at=verified_at)}))
    assert account("edaubrac").email_verified is is_verified
    with idp.services.database.transaction() as session:
        kept = session.scalar(select(Account).where(Account.login == "edaubrac"))
        assert kept.email_verified_at is None or kept.email_verified_at <= kept.created_at


def test_an_address_that_an_operator_types_later_is_not_verified(idp, puts, account, administrator):
    puts(a_body(administrator, account={"new": a_new_account(email_verified_at="2026-11-20T10:02:00Z")}))
    idp.services.account_service.change("edaubrac", {"email": "estelle@autre.test"}, actor=OPERATOR)
    assert account("edaubrac").email_verified is False


def test_what_was_accepted_is_granted_in_the_name_of_the_operator(puts, account, administrator, onco_centre):
    ends = {"role": "medecin", "ends_at": "2090-01-01T00:00:00Z"}
    body = a_body(
        administrator,
        communities=[{"name": "onco-centre", **terms()}],
        entitlements=[{"client_id": "dcc", **terms(**ends)}],
    )
    puts(body)

    estelle = account("edaubrac")
    assert set(estelle.memberships) == {"onco-centre"}
    entitlement = estelle.entitlements["dcc"]
    assert (entitlement.role, entitlement.ends_at.year) == ("medecin", 2090)
    assert (entitlement.granted_by, entitlement.reason) == ("operator:oriou", "Je suis des patients communs.")


def test_the_letter_has_the_username_what_was_opened_and_a_link_with_its_end(idp, puts, administrator, onco_centre):
    body = a_body(
        administrator, communities=[{"name": "onco-centre", **terms()}], words="Bienvenue.\nÀ bientôt {name}."
    )
    answer = puts(body)

    [letter] = idp.letters()
    assert letter["Message-ID"] == answer["letter"]
    text = plain(letter)
    assert "Votre identifiant : edaubrac" in text
    assert "- Onco Centre" in text
    assert "Bienvenue.\nÀ bientôt {name}." in text
    assert re.search(r"avant le \d+ \w+ 20\d\d à \d+", text)
    assert f"{idp.issuer}/password/choose/" in text


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Onco Centre, jusqu’au 1er mars 2090 inclus"), ("en", "to 1 March 2090 inclusive")]
)
def test_the_letter_has_the_last_day_of_an_access(idp, puts, administrator, onco_centre, language, said):
    until_midnight = terms(ends_at="2090-03-01T23:00:00Z")  # in Paris
    person = {"new": a_new_account(language=language)}
    puts(a_body(administrator, account=person, communities=[{"name": "onco-centre", **until_midnight}]))
    assert said in plain(idp.letters()[-1])


def test_what_was_typed_on_several_lines_is_taken_as_browsers_send_it(idp, puts, account, administrator, perinat):
    reason = terms(reason="Je suis\r\ndes patients\tcommuns.")
    puts(a_body(administrator, entitlements=[{"client_id": "perinat", **reason}], words="Bonjour,\r\n\r\nÀ bientôt."))
    assert account("edaubrac").entitlements["perinat"].reason == "Je suis des patients communs."
    assert "Bonjour,\n\nÀ bientôt." in plain(idp.letters()[-1])


def test_the_letter_is_in_the_language_of_the_person(idp, puts, administrator):
    puts(a_body(administrator, account={"new": a_new_account(language="en")}))
    [letter] = idp.letters()
    assert "Your username: edaubrac" in letter.get_content()
    assert "open this page before" in letter.get_content()


def test_the_same_call_again_has_no_effect_and_the_same_answer(idp, puts, administrator):
    body = a_body(administrator)
    first = puts(body)
    trail = idp.trail()
    assert puts(dict(reversed(body.items())), status=200) == first
    assert len(idp.letters()) == 1
    assert idp.trail() == trail


def test_another_body_for_the_same_call_is_refused(puts, administrator):
    puts(a_body(administrator))
    refused = puts(a_body(administrator, words="Autre chose."), status=409)
    assert "another body" in refused["detail"]


def test_two_requests_of_homonyms_make_two_accounts(puts, administrator):
    assert puts(a_body(administrator))["username"] == "edaubrac"
    other = a_body(administrator, account={"new": a_new_account(email="autre@exemple.test", identifiers=[])})
    assert puts(other, f"/api/provisionings/{'b' * 32}/1")["username"] == "edaubrac2"


def test_an_account_that_exists_gets_more_access_and_a_letter_without_a_link(idp, puts, account, administrator, paul):
    sub = idp.services.subjects.sub_for(account(paul.login).account_id)
    answer = puts(a_body(administrator, account={"subject": sub}, entitlements=[{"client_id": "perinat", **terms()}]))

    assert answer["username"] == paul.login
    assert set(account(paul.login).entitlements) == {"perinat"}
    [letter] = idp.letters()
    assert "/password/" not in letter.get_content()


def test_a_later_part_of_the_same_request_goes_to_the_account_of_the_first(puts, account, administrator):
    handle = puts(a_body(administrator))["account"]
    body = a_body(administrator, account={"handle": handle}, entitlements=[{"client_id": "perinat", **terms()}])
    assert puts(body, f"/api/provisionings/{REQUEST}/2")["username"] == "edaubrac"
    assert set(account("edaubrac").entitlements) == {"perinat"}


def test_a_disabled_account_is_opened_again_only_when_the_account_itself_was_accepted(
    idp, puts, account, administrator, paul
):
    idp.disables(paul)
    handle = account(paul.login).account_id
    assert "disabled" in puts(a_body(administrator, account={"handle": handle}), status=409)["detail"]
    puts(a_body(administrator, account={"handle": handle, "reopen": True}))
    assert not account(paul.login).disabled
    assert "/password/choose/" in idp.letters()[-1].get_content()


def test_a_refusal_does_nothing_at_all(idp, puts, account, administrator, onco_centre):
    idp.services.account_service.change(
        "jdupont", {"national_id": "899700123450", "national_id_proof": IdentifierProof.OPERATOR}, actor=OPERATOR
    )
    proven = [{"kind": "rpps", "value": "99700123450", "proof": "operator"}]
    body = a_body(
        administrator,
        account={"new": a_new_account(identifiers=proven)},
        communities=[{"name": "onco-centre", **terms()}],
    )
    assert puts(body, status=409)["code"] == "national-id.taken"
    assert account("edaubrac") is None
    assert idp.letters() == []
    assert puts(a_body(administrator))["username"] == "edaubrac"  # the call is still free


def test_an_approver_grants_what_their_scope_covers(puts, decider, onco_centre):
    approver = decider("pgarnier", HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre")))
    puts(a_body(approver, communities=[{"name": "onco-centre", **terms()}]))
    both = a_body(
        approver,
        communities=[{"name": "onco-centre", **terms()}],
        entitlements=[{"client_id": "dcc", **terms()}],
    )
    refused = puts(both, f"/api/provisionings/{REQUEST}/2", status=403)
    assert application_scope("dcc") in refused["detail"]
    assert community_scope("onco-centre") not in refused["detail"]


class TestWithAMailedPassword:
    @pytest.fixture
    def changed_settings(self, secret_file):
        return {"enrollment_secret_file": secret_file, "first_password": "mailed"}

    def test_the_letter_has_a_password_that_must_be_changed(self, idp, puts, account, administrator, browser):
        puts(a_body(administrator, continue_to="dcc"))
        text = idp.letters()[-1].get_content()
        password = re.search(r"[a-z2-9]{4}(-[a-z2-9]{4}){4}", text)[0]
        assert "http://127.0.0.1:8411/" in text
        assert account("edaubrac").must_change
        browser.visits(f"{idp.issuer}/account")
        browser.submits(browser.page.form_with("login", "password"), login="edaubrac", password=password)
        assert browser.page.asks_for("new_password")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"account": None}, "account: must be given"),
        ({"account": {"new": {}}}, "account.new.given_name: must be given"),
        ({"account": {"subject": "x", "handle": "y"}}, "exactly one"),
        ({"account": {"new": a_new_account(profession="???")}}, "account.new.profession"),
        ({"account": {"new": a_new_account(given_name="a\u202eb")}}, "account.new.given_name"),
        ({"account": {"new": a_new_account(identifiers=[{"kind": "x", "value": "1", "proof": "typed"}])}}, "kind"),
        ({"account": {"new": a_new_account(password="x")}}, "account.new.password: is not a member"),
        ({"communities": [{"name": "nowhere", **terms()}]}, "communities[0].name: is not the name of a community"),
        ({"entitlements": [{"client_id": "nothing", **terms()}]}, "entitlements[0].client_id"),
        ({"entitlements": [{"client_id": "dcc", **terms(role="chief")}]}, "must be one of medecin, secretaire"),
        ({"entitlements": [{"client_id": "dcc", **terms(ends_at="tomorrow")}]}, "must be an instant"),
        ({"entitlements": [{"client_id": "dcc", **terms(ends_at="9999-12-31T23:59:59Z")}]}, "must be an instant"),
        ({"entitlements": [{"client_id": "dcc", **terms()}] * 2}, "is listed twice"),
        ({"reference": "x\r\ny"}, "reference"),
        ({"words": "x" * 4001}, "words: must be at most 4000"),
        ({"operator": ""}, "operator: must be given"),
        ({"administrator": True}, "administrator: is not a member"),
    ],
)
def test_a_body_that_is_wrong_is_refused_with_what_to_change(puts, administrator, changes, problem):
    assert problem in puts(a_body(administrator) | changes, status=422)["detail"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": 1, "a": 2}', b"\xff", b"[" * 100])
def test_what_is_not_a_json_object_is_refused(puts, administrator, body):
    assert puts(body, status=422)["code"] == "body.refused"


def test_another_type_or_another_address_is_refused(caller):
    assert caller.calls("PUT", ADDRESS, {}, Content_Type="text/plain").status_code == 415
    assert caller.calls("PUT", "/api/provisionings/nothing/1", {}).status_code == 422
    assert caller.calls("PUT", f"/api/provisionings/{REQUEST}/0", {}).status_code == 422
    assert caller.calls("PUT", ADDRESS, b"x" * 70_000).status_code == 413


CARD_NUMBER = [{"kind": "rpps", "value": "99700123450", "proof": "card"}]


def test_a_new_account_is_created_with_the_card_that_its_person_presented(puts, account, administrator, idp):
    idp.services.request_cards.record_reading(a_card())
    body = a_body(administrator, account={"new": a_new_account(identifiers=CARD_NUMBER)}, card=a_card().as_record())
    puts(body)
    assert account("edaubrac").national_id_proof is IdentifierProof.CARD
    found = idp.services.cards.find_account(a_card())
    assert isinstance(found, Bound)
    assert (found.account.login, found.is_new) == ("edaubrac", False)
    assert puts(body, status=200)["username"] == "edaubrac"
    assert idp.trail().count("card.bound") == 1


def test_a_card_that_was_read_long_ago_must_be_presented_again(puts, administrator, idp):
    with time_machine.travel(datetime.now(UTC) - timedelta(days=91), tick=False):
        idp.services.request_cards.record_reading(a_card())
    body = a_body(administrator, account={"new": a_new_account(identifiers=CARD_NUMBER)}, card=a_card().as_record())
    assert "presents it again" in puts(body, status=409)["detail"]


def test_a_record_that_is_no_card_is_told(puts, administrator):
    problem = puts(a_body(administrator, card={"serial": "1"}), status=422)
    assert problem["problems"][0].startswith("card: must have the members serial, ")
