from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from config.common_settings import Environment
from idp.accounts.errors import AccountProblems, NationalIdentifierTaken, NoSuchAccount, UsernameTaken
from idp.accounts.models import Account, IdentifierProof, Language
from idp.settings import PasswordPolicyName
from tests.builders.accounts import RPPS, an_account
from tests.builders.operators import OPERATOR


def test_an_account_is_opened_with_a_login_made_from_the_name(parts):
    created = parts.service.create(an_account(email="Jeanne.Dupont@Exemple.test", profession="10"), actor=OPERATOR)
    assert (created.login, created.display_name, created.email) == (
        "jdupont",
        "Jeanne Dupont",
        "jeanne.dupont@exemple.test",
    )
    assert (created.disabled, created.password_set_at, created.entitlements) == (False, None, {})
    assert parts.accounts.snapshot(created.account_id) == created == parts.accounts.by_username(" JDupont ")
    assert parts.trail() == ["account.created"]


def test_homonyms_get_their_own_logins(parts):
    logins = [
        parts.service.create(an_account(given_name=name), actor=OPERATOR).login for name in ("Jean", "Jules", "Jo")
    ]
    assert logins == ["jdupont", "jdupont2", "jdupont3"]


def test_the_test_base_makes_shorter_logins(parts, store):
    recette = parts.with_settings(store, environment=Environment.RECETTE)
    names = [("Julie", "Dupontel"), ("Julien", "Dupontelle")]
    logins = [recette.service.create(an_account(given_name=g, family_name=f), actor=OPERATOR).login for g, f in names]
    assert logins == ["j.duponte", "j.duponte2"]


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({"given_name": "Jeanne "}, "given_name"),
        ({"family_name": "Dupont\nBcc: x"}, "family_name"),
        ({"family_name": "D" * 121}, "family_name"),
        ({"given_name": "Анна", "family_name": "Иванова"}, "login"),
        ({"login": "J Dupont"}, "login"),
        ({"login": "jeanne@dupont"}, "login"),
        ({"email": "jeanne"}, "email"),
        ({"email": "jeanne@exemple.test\r\nBcc: x@exemple.test"}, "email"),
        ({"profession": "193"}, "profession"),  # a psychologist until 2020, and 93 since
        ({"national_id": RPPS}, "national_id"),  # how was it proven?
        ({"national_id": RPPS[1:], "national_id_proof": IdentifierProof.TYPED}, "national_id"),  # the type is missing
    ],
)
def test_an_account_that_cannot_be_kept_is_refused(parts, named, field):
    with pytest.raises(AccountProblems) as refused:
        parts.service.create(an_account(**named), actor=OPERATOR)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [field]
    assert parts.accounts.list() == []


def test_every_problem_is_told_at_once():
    problems = an_account(given_name="", email="", profession="00").problems()
    assert [problem.partition(":")[0] for problem in problems] == ["given_name", "profession", "email", "login"]


def test_a_login_is_given_once(parts, jeanne_account):
    parts.service.disable(jeanne_account.login, actor=OPERATOR)
    with pytest.raises(UsernameTaken):
        parts.service.create(an_account(login=jeanne_account.login), actor=OPERATOR)


def test_a_national_identifier_is_unique_once_proven(parts):
    """Design, decision 11: RPPS numbers are public, and a person who typed one must gain nothing."""
    typed = an_account(national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
    seen = an_account(national_id=RPPS, national_id_proof=IdentifierProof.OPERATOR)
    parts.service.create(typed, actor=OPERATOR)
    parts.service.create(typed, actor=OPERATOR)
    parts.service.create(seen, actor=OPERATOR)
    with pytest.raises(NationalIdentifierTaken):
        parts.service.create(replace(seen, national_id_proof=IdentifierProof.OPERATOR), actor=OPERATOR)
    parts.service.create(typed, actor=OPERATOR)


def test_the_database_holds_the_rules_the_code_relies_on(parts, jeanne_account):
    at = datetime.now(UTC)
    usual = {
        "id": "0" * 32, "login": "other", "given_name": "J", "family_name": "D", "email": "j@exemple.test",
        "language": "fr", "created_at": at, "valid_from": at,
    }  # fmt: skip
    for wrong in ({"login": "Other"}, {"login": jeanne_account.login}, {"national_id": RPPS}):
        with pytest.raises(IntegrityError), parts.database.transaction() as session:
            session.add(Account(**(usual | wrong)))


def test_a_disabled_account_is_void_from_now_on(parts, jeanne_account):
    before = datetime.now(UTC)
    assert parts.service.disable("JDupont", actor=OPERATOR)
    disabled = parts.accounts.snapshot(jeanne_account.account_id)
    assert disabled.disabled
    assert disabled.valid_from >= before > jeanne_account.valid_from
    assert not parts.service.disable("jdupont", actor=OPERATOR)

    assert parts.service.enable("jdupont", actor=OPERATOR)
    enabled = parts.accounts.snapshot(jeanne_account.account_id)
    assert not enabled.disabled
    assert enabled.valid_from == disabled.valid_from  # what was void stays void
    assert not parts.service.enable("jdupont", actor=OPERATOR)
    assert parts.trail()[-2:] == ["account.disabled", "account.enabled"]


def test_entitlements_are_granted_and_withdrawn(parts, jeanne_account):
    assert parts.service.grant("jdupont", "dcc", actor=OPERATOR)
    assert not parts.service.grant("jdupont", "dcc", actor=OPERATOR)
    assert parts.accounts.snapshot(jeanne_account.account_id).entitlements.keys() == {"dcc"}
    assert parts.service.withdraw("jdupont", "dcc", actor=OPERATOR)
    assert not parts.service.withdraw("jdupont", "dcc", actor=OPERATOR)
    assert parts.accounts.snapshot(jeanne_account.account_id).entitlements == {}
    assert parts.trail()[-2:] == ["entitlement.granted", "entitlement.withdrawn"]


@pytest.mark.parametrize("act", ["disable", "enable"])
def test_an_unknown_account_is_said_to_be_unknown(parts, act):
    with pytest.raises(NoSuchAccount):
        getattr(parts.service, act)("nobody", actor=OPERATOR)


@pytest.mark.parametrize("login", ["nobody", "", "j\x00", "jd'--", "é", "x" * 10_000])
def test_whatever_is_typed_as_a_login_finds_nobody(parts, login):
    assert parts.accounts.by_username(login) is None
    assert parts.accounts.by_username_or_email(login + "@") == []
    assert parts.accounts.snapshot(login) is None


def test_a_mailbox_may_be_that_of_several_accounts(parts):
    for name in ("Jean", "Jules"):
        parts.service.create(an_account(given_name=name, email="cabinet@exemple.test"), actor=OPERATOR)
    found = parts.accounts.by_username_or_email("Cabinet@exemple.test")
    assert [snapshot.login for snapshot in found] == ["jdupont", "jdupont2"]


def test_accounts_are_listed_a_page_at_a_time(parts):
    for name in ("Zoé", "Anne", "Marc"):
        parts.service.create(an_account(given_name=name, family_name="Le Gall"), actor=OPERATOR)
    parts.service.grant("alegall", "dcc", actor=OPERATOR)
    first = parts.accounts.list(limit=2)
    assert [snapshot.login for snapshot in first] == ["alegall", "mlegall"]
    assert first[0].entitlements.keys() == {"dcc"}
    assert [snapshot.login for snapshot in parts.accounts.list(after="mlegall")] == ["zlegall"]
    assert [snapshot.login for snapshot in parts.accounts.list(query="marc")] == ["mlegall"]
    assert parts.accounts.list(query="%") == []


def test_a_snapshot_is_the_one_of_the_last_change(parts, jeanne_account, store):
    elsewhere = parts.with_settings(store)
    assert not elsewhere.accounts.snapshot(jeanne_account.account_id).disabled
    parts.service.disable(jeanne_account.login, actor=OPERATOR)
    assert elsewhere.accounts.snapshot(jeanne_account.account_id, fresh=True).disabled


def test_a_password_expires_by_the_legacy_policy_only(parts, store, jeanne_account):
    legacy = parts.with_settings(store, password_policy=PasswordPolicyName.LEGACY_IDEOSSO).passwords
    last_day = jeanne_account.password_set_at + timedelta(days=120)
    assert parts.passwords.expires_at(jeanne_account) is None
    assert legacy.expires_at(jeanne_account) == last_day
    assert not legacy.is_expired(jeanne_account, last_day - timedelta(seconds=1))
    assert legacy.is_expired(jeanne_account, last_day)
    assert parts.passwords.must_be_changed(replace(jeanne_account, must_change=True), last_day)
    assert not parts.passwords.must_be_changed(replace(jeanne_account, language=Language.ENGLISH), last_day)
