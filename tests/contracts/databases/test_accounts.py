"""What accounts rely on the database for: uniqueness, and one winner where several race."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import argon2
import pytest
from sqlalchemy import text

from config.redis.store import Store
from config.sql.database import Database
from idp.accounts.assignments import UNLIMITED
from idp.accounts.errors import IdentifierTaken, NationalIdentifierTaken, UsernameTaken
from idp.accounts.models import Account, IdentifierKind, IdentifierProof
from idp.accounts.passwords.links import LinkSpent
from idp.accounts.passwords.passwords import Changed, NotVerified
from idp.accounts.provisioning import MailedLink
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
from tests.builders.operators import OPERATOR
from tests.builders.transactions import rolled_back
from tests.processes import until


@pytest.fixture
def parts(settings: Settings, database: Database, store: Store, tmp_path: Path) -> AccountParts:
    return account_parts(settings, database, store)


def created_together(parts: AccountParts, *accounts) -> list[object]:
    def create(new) -> object:
        try:
            return parts.service.create(new, actor=OPERATOR).login
        except NationalIdentifierTaken as taken:
            return type(taken)

    with ThreadPoolExecutor(len(accounts)) as pool:
        return list(pool.map(create, accounts))


def test_homonyms_created_together_get_a_login_each(parts):
    assert sorted(created_together(parts, *[an_account()] * 4)) == ["jdupont", "jdupont2", "jdupont3", "jdupont4"]


def test_homonyms_created_together_in_larger_transactions_get_a_login_each(parts):
    def create_two(names: list[str]) -> list[str]:
        with parts.database.transaction() as session:
            return [
                parts.provisioning.provision(session, an_account(family_name=name), actor=OPERATOR).login
                for name in names
            ]

    with ThreadPoolExecutor(4) as pool:
        created = list(pool.map(create_two, [["Dupont", "Martin"], ["Martin", "Dupont"]] * 2))
    given = sorted(login for both in created for login in both)
    assert given == sorted(f"j{name}{n}" for name in ("dupont", "martin") for n in ("", "2", "3", "4"))


def waits_for_a_lock(database: Database) -> bool:
    """Whether a transaction of PostgreSQL waits for another one."""
    with database.reading() as connection:
        return connection.scalar(text("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")) is True


def test_a_username_taken_meanwhile_is_replaced_in_the_transaction_that_wanted_it(parts):
    """Another writer, which did not wait its turn, inserts a homonym; the transaction keeps what it has done."""
    first_has_inserted, second_is_creating = Event(), Event()

    def first() -> str:
        at = datetime.now(UTC)
        with parts.database.transaction() as session:
            session.add(
                Account(
                    id="0" * 32, login="jdupont", given_name="J", family_name="D", email="j@exemple.test",
                    language="fr", created_at=at, valid_from=at,
                )
            )  # fmt: skip
            session.flush()
            first_has_inserted.set()
            if not parts.database.is_sqlite:  # which has one writer at a time: the second one has not begun
                second_is_creating.wait(timeout=10)
                until(lambda: waits_for_a_lock(parts.database), what="the second transaction's wait for this one")
        return "jdupont"

    def second() -> list[str]:
        first_has_inserted.wait(timeout=10)
        with parts.database.transaction() as session:
            before = parts.provisioning.provision(session, an_account(family_name="Martin"), actor=OPERATOR)
            second_is_creating.set()
            created = parts.provisioning.provision(
                session, an_account(), actor=OPERATOR, entitlements={"dcc": UNLIMITED}, first_password=MailedLink()
            )
        return [before.login, created.login]

    with ThreadPoolExecutor(2) as pool:
        opened = [pool.submit(first), pool.submit(second)]
    assert [each.result() for each in opened] == ["jdupont", ["jmartin", "jdupont2"]]
    assert [snapshot.login for snapshot in parts.accounts.list()] == ["jdupont", "jdupont2", "jmartin"]
    assert parts.accounts.by_username("jdupont2").entitlements.keys() == {"dcc"}
    assert [letter["To"] for letter in parts.letters()] == ["jeanne.dupont@exemple.test"]


@pytest.mark.parametrize(
    "wrong", [{"login": "jdupont"}, {"national_id": RPPS, "national_id_proof": IdentifierProof.OPERATOR}]
)
def test_a_transaction_goes_on_after_a_creation_that_is_refused(parts, wrong):
    parts.service.create(
        an_account(login="jdupont", national_id=RPPS, national_id_proof=IdentifierProof.OPERATOR), actor=OPERATOR
    )
    with parts.database.transaction() as session:
        parts.access.grant(session, "jdupont", "dcc", actor=OPERATOR)
        with pytest.raises((UsernameTaken, NationalIdentifierTaken)):
            parts.provisioning.provision(session, an_account(**wrong), actor=OPERATOR)
        parts.access.grant(session, "jdupont", "messagerie", actor=OPERATOR)
    assert parts.accounts.by_username("jdupont").entitlements.keys() == {"dcc", "messagerie"}
    assert len(parts.accounts.list()) == 1


def test_an_account_is_provisioned_whole_or_not_at_all(parts):
    password = parts.provisioning.hash_first_password(an_account(), PASSWORD)
    for first_password in (password, MailedLink()):
        with rolled_back(parts.database) as session:
            parts.provisioning.provision(
                session, an_account(), actor=OPERATOR, entitlements={"dcc": UNLIMITED}, first_password=first_password
            )
    assert (parts.accounts.list(), parts.trail(), parts.letters()) == ([], [], [])


def test_of_two_who_prove_the_same_national_identifier_together_one_is_kept(parts):
    proven = an_account(national_id=RPPS, national_id_proof=IdentifierProof.OPERATOR)
    typed = an_account(national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
    parts.service.create(typed, actor=OPERATOR)
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
    parts.service.mail_link(jeanne, actor=OPERATOR)
    token = parts.mailed_token()
    assert parts.links.open(token) == jeanne
    assert isinstance(parts.links.use(token, ANOTHER_PASSWORD, address=ADDRESS, agent="test"), Changed)
    assert parts.links.use(token, ANOTHER_PASSWORD, address=ADDRESS, agent="test") == LinkSpent()


@pytest.mark.parametrize("typed", ["\x00", "j\x00dupont", "%", "'", "é" * 300, "\ud800"])
def test_whatever_is_typed_finds_nobody_and_breaks_nothing(parts, typed):
    parts.opens(password=None)
    assert parts.accounts.by_username(typed) is None
    assert parts.accounts.by_username_or_email(f"{typed}@exemple.test") == []
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


def test_of_two_who_prove_the_same_further_identifier_together_one_is_kept(parts):
    people = [parts.opens(password=None) for _ in range(3)]

    def proves(person) -> object:
        try:
            return parts.service.add_identifier(
                person.login, IdentifierKind.ADELI, "459912346", IdentifierProof.OPERATOR, actor=OPERATOR
            )
        except IdentifierTaken as taken:
            return type(taken)

    with ThreadPoolExecutor(3) as pool:
        outcomes = list(pool.map(proves, people))
    assert sorted(map(str, outcomes)) == sorted(map(str, [True, IdentifierTaken, IdentifierTaken]))
    assert sum(len(parts.identifiers.of(person.account_id)) for person in people) == 1
