"""What accounts rely on the database for: uniqueness, and one winner where several race."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import argon2
import pytest

from config.redis.store import Store
from config.sql.database import Database
from idp.accounts.errors import NationalIdentifierTaken
from idp.accounts.models import Proof
from idp.accounts.passwords.links import LinkSpent
from idp.accounts.passwords.passwords import Changed, NotVerified
from idp.settings import Settings
from tests.builders.accounts import (
    ADDRESS,
    ANOTHER_PASSWORD,
    PASSWORD,
    RPPS,
    AccountParts,
    a_visit,
    account_parts,
    an_account,
    an_attempt,
)


@pytest.fixture
def parts(settings: Settings, database: Database, store: Store, tmp_path: Path) -> AccountParts:
    return account_parts(settings, database, store)


def created_together(parts: AccountParts, *accounts) -> list[object]:
    def create(new) -> object:
        try:
            return parts.accounts.create(new, actor="test").login
        except NationalIdentifierTaken as taken:
            return type(taken)

    with ThreadPoolExecutor(len(accounts)) as pool:
        return list(pool.map(create, accounts))


def test_homonyms_created_together_get_a_login_each(parts):
    assert sorted(created_together(parts, *[an_account()] * 4)) == ["jdupont", "jdupont2", "jdupont3", "jdupont4"]


def test_of_two_who_prove_the_same_national_identifier_together_one_is_kept(parts):
    proven = an_account(national_id=RPPS, national_id_proof=Proof.OPERATOR)
    typed = an_account(national_id=RPPS, national_id_proof=Proof.TYPED)
    parts.accounts.create(typed, actor="test")
    outcomes = created_together(parts, proven, proven)
    assert outcomes.count(NationalIdentifierTaken) == 1
    assert len(parts.accounts.list()) == 2


def test_a_subject_is_drawn_once_however_many_ask(parts):
    jeanne = parts.opens(password=None)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: parts.subjects.sub_for(jeanne.account_id), range(8)))) == 1


def test_of_two_changes_with_one_password_one_is_kept(parts):
    parts.opens()
    change = {"attempt": an_attempt("jdupont"), "current": PASSWORD, "agent": "test"}
    chosen = [ANOTHER_PASSWORD, "Falaise-Rude-93!", "Colline-Bise-44?"]
    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(lambda new: parts.changes.change(new=new, **change), chosen))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Changed", "NotVerified", "NotVerified"]
    verified = [new for new in chosen if parts.passwords.verify("jdupont", new) != NotVerified()]
    assert verified == [new for new, outcome in zip(chosen, outcomes, strict=True) if isinstance(outcome, Changed)]


def test_a_link_is_bound_to_the_very_instant_the_database_keeps(parts):
    jeanne = parts.opens()
    parts.links.mail(jeanne, actor="test")
    token = parts.mailed_token()
    assert parts.links.open(token) == jeanne
    assert isinstance(parts.links.use(token, ANOTHER_PASSWORD, address=ADDRESS, agent="test"), Changed)
    assert parts.links.use(token, ANOTHER_PASSWORD, address=ADDRESS, agent="test") == LinkSpent()


@pytest.mark.parametrize("typed", ["\x00", "j\x00dupont", "%", "'", "é" * 300, "\ud800"])
def test_whatever_is_typed_finds_nobody_and_breaks_nothing(parts, typed):
    parts.opens(password=None)
    assert parts.accounts.by_login(typed) is None
    assert parts.accounts.by_login_or_email(f"{typed}@exemple.test") == []
    assert parts.accounts.list(query=typed) == []
    assert parts.passwords.verify(typed, PASSWORD) == NotVerified()
    assert parts.subjects.account_of(typed) is None
    assert parts.links.send(typed, a_visit(ADDRESS)) is None
    assert parts.letters() == []


def test_logins_that_nobody_has_cost_what_the_stored_hashes_cost(parts, store, monkeypatch):
    parts.opens()
    parts.opens(given_name="Paul", family_name="Martin", email="paul.martin@exemple.test")
    dearer, compared = parts.with_settings(store, argon2_memory=16), []
    verify = argon2.PasswordHasher.verify
    monkeypatch.setattr(
        argon2.PasswordHasher,
        "verify",
        lambda self, stored, password: compared.append(stored) or verify(self, stored, password),
    )
    for number in range(4):
        dearer.passwords.verify(f"nobody{number}", PASSWORD)
    assert {stored.split("$")[3] for stored in compared} == {"m=8,t=1,p=1"}
