"""Prevents: finding out who has an account by how much work a refused login costs.

Work is counted in Argon2 operations, where all the time of a login goes; a clock would measure the machine.
"""

import time
from collections.abc import Iterator

import argon2
import pytest
from sqlalchemy import select

from idp.accounts.models import PasswordCredential
from idp.accounts.passwords.passwords import NotVerified, Verified
from tests.builders.accounts import PASSWORD, AccountParts, a_visit, an_attempt
from tests.builders.operators import OPERATOR


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The Argon2 operations made so far, each with its parameters."""
    made: list[str] = []
    verify, make = argon2.PasswordHasher.verify, argon2.PasswordHasher.hash

    def counted_verify(self, stored, password):
        made.append("verify " + stored.split("$")[3])
        return verify(self, stored, password)

    def counted_hash(self, password, **more):
        made.append("hash")
        return make(self, password, **more)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted_verify)
    monkeypatch.setattr(argon2.PasswordHasher, "hash", counted_hash)
    return made


@pytest.fixture
def people(parts: AccountParts) -> AccountParts:
    parts.opens()
    parts.opens(login="nopassword", password=None)
    parts.opens(login="disabled")
    parts.service.disable("disabled", actor=OPERATOR)
    return parts


@pytest.mark.parametrize("login", ["jdupont", "nobody", "disabled", "nopassword", "", "not a login", "\x00"])
def test_a_refused_login_costs_one_operation_for_any_name(people, operations, login):
    assert people.passwords.verify(login, "Wrong-Password-1!") == NotVerified()
    assert operations == ["verify m=8,t=1,p=1"]


@pytest.mark.parametrize("login", ["disabled", "nopassword"])
def test_the_right_password_of_a_closed_account_costs_the_same(people, operations, login):
    assert people.passwords.verify(login, PASSWORD) == NotVerified()
    assert len(operations) == 1


# --- after the settings of Argon2 have changed -------------------------------------------


OLD, TODAY = "verify m=8,t=1,p=1", "verify m=16,t=2,p=1"
MANY = 120


@pytest.fixture
def crowd(parts: AccountParts, store) -> tuple[AccountParts, list[str], list[str]]:
    """Accounts whose hashes are of before, under new settings, and as many logins that nobody has."""
    known = [f"person{number}" for number in range(MANY)]
    hashed = parts.opens(login=known[0])
    for login in known[1:]:
        parts.opens(login=login, password=None)
    with parts.database.transaction() as session:
        [first] = session.scalars(select(PasswordCredential)).all()
        for login in known[1:]:
            account = parts.accounts.by_username(login)
            session.add(
                PasswordCredential(
                    account_id=account.account_id, hash=first.hash, set_at=hashed.created_at, must_change=False
                )
            )
    return parts.with_settings(store, argon2_memory=16, argon2_iterations=2), known, [f"x{n}" for n in range(MANY)]


def costs(parts: AccountParts, operations: list[str], logins: list[str]) -> list[str]:
    operations.clear()
    for login in logins:
        assert parts.passwords.verify(login, "Wrong-Password-1!") == NotVerified()
    return list(operations)


def test_before_anybody_has_logged_in_again_everybody_costs_what_they_did(crowd, operations):
    dearer, known, invented = crowd
    assert costs(dearer, operations, invented) == costs(dearer, operations, known) == [OLD] * MANY


def test_logins_that_nobody_has_go_over_to_the_new_parameters_as_accounts_do(crowd, operations, store):
    dearer, known, invented = crowd
    before = costs(dearer, operations, invented)
    for logged_in in (known[: MANY // 2], known):
        for login in logged_in:
            dearer.passwords.verify(login, PASSWORD)
        restarted = dearer.with_settings(store)
        of_accounts = costs(restarted, operations, known).count(OLD)
        now = costs(restarted, operations, invented)
        assert abs(now.count(OLD) - of_accounts) <= MANY / 6
        assert (TODAY, OLD) not in zip(before, now, strict=True), "nobody goes back"
        before = now
    assert before == [TODAY] * MANY


def test_a_login_costs_the_same_at_each_try_in_each_process_and_after_a_restart(crowd, operations, store):
    dearer, known, invented = crowd
    for login in known[: MANY // 2]:
        dearer.passwords.verify(login, PASSWORD)
    restarted = dearer.with_settings(store)
    first = costs(restarted, operations, invented)
    assert {OLD, TODAY} == set(first)
    assert costs(restarted, operations, invented) == first
    assert costs(dearer.with_settings(store), operations, invented) == first


def test_a_closed_account_and_one_without_a_password_cost_what_others_do(crowd, operations):
    dearer, known, _ = crowd
    dearer.service.disable(known[1], actor=OPERATOR)
    dearer.opens(login="nopassword", password=None)
    assert costs(dearer, operations, [known[1], "nopassword"]) == [OLD] * 2


@pytest.mark.slow
def test_the_time_of_a_refusal_tells_nobody_at_the_first_request_after_a_start_either(parts, store):
    """CPU time of this thread, at parameters that make the operation most of it."""
    real = {"argon2_memory": 8_192, "argon2_iterations": 2}
    parts.with_settings(store, **(real | {"argon2_iterations": 1})).opens()

    def first_after_a_start(login: str) -> float:
        started = parts.with_settings(store, **real)
        before = time.thread_time()
        started.passwords.verify(login, "Wrong-Password-1!")
        return time.thread_time() - before

    # In turn, so that what else the machine does meets both; the least of each is what it costs.
    known, invented = zip(
        *((first_after_a_start("jdupont"), first_after_a_start("nobody")) for _ in range(15)), strict=True
    )
    assert 0.8 < min(known) / min(invented) < 1.25


def test_a_login_costs_one_operation(people, operations):
    assert isinstance(people.passwords.verify("jdupont", PASSWORD), Verified)
    assert len(operations) == 1


@pytest.mark.parametrize("login", ["jdupont", "nobody"])
def test_a_password_past_the_ceiling_costs_nothing_for_any_name(people, operations, login):
    assert people.passwords.verify(login, "x" * 1_025) == NotVerified()
    assert people.passwords.verify(login, "\ufdfa" * 1_000) == NotVerified()  # each becomes 18 characters
    assert operations == []


@pytest.mark.parametrize("sought", ["jdupont", "nobody", "disabled", "jeanne.dupont@exemple.test", "n@exemple.test"])
def test_asking_for_a_link_looks_for_nobody_until_the_answer_has_left(people, sought, monkeypatch):
    """The request adds one job; who it is for, if anyone, is found by the job."""
    looked_up = []
    monkeypatch.setattr(type(people.accounts), "_where", lambda *_, **__: looked_up.append(1))
    people.jobs.run_due()
    before = jobs_waiting(people)
    assert people.links.send(sought, a_visit("192.0.2.7")) is None
    assert jobs_waiting(people) - before == 1
    assert looked_up == []


def jobs_waiting(parts: AccountParts) -> int:
    with parts.database.reading() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM job").scalar_one()


def test_a_refused_change_costs_what_a_refused_login_costs(people, operations):
    asked = {"new": "Another-Good-One-1!", "agent": ""}
    for login in ("jdupont", "nobody"):
        people.changes.change(an_attempt(login), current="Wrong-Password-1!", **asked)
    assert len(operations) == 2
