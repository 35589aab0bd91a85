"""Prevents: finding out who has an account by how much work a refused login costs.

Work is counted in Argon2 operations, where all the time of a login goes; a
clock would measure the machine.
"""

from collections.abc import Iterator

import argon2
import pytest

from idp.accounts.passwords import NotVerified, Verified
from tests.builders_accounts import PASSWORD, AccountParts, an_attempt


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
    parts.accounts.disable("disabled", actor="test")
    return parts


@pytest.mark.parametrize("login", ["jdupont", "nobody", "disabled", "nopassword", "", "not a login", "\x00"])
def test_a_refused_login_costs_one_operation_whoever_it_names(people, operations, login):
    assert people.passwords.verify(login, "Wrong-Password-1!") == NotVerified()
    assert operations == ["verify m=8,t=1,p=1"]


@pytest.mark.parametrize("login", ["disabled", "nopassword"])
def test_the_right_password_of_a_closed_account_costs_the_same(people, operations, login):
    assert people.passwords.verify(login, PASSWORD) == NotVerified()
    assert len(operations) == 1


def test_the_decoy_has_todays_parameters(people, operations, store):
    dearer = people.with_settings(store, argon2_memory=16, argon2_iterations=2)
    assert dearer.passwords.verify("nobody", "Wrong-Password-1!") == NotVerified()
    assert operations == ["verify m=16,t=2,p=1"]


def test_a_login_costs_one_operation(people, operations):
    assert isinstance(people.passwords.verify("jdupont", PASSWORD), Verified)
    assert len(operations) == 1


@pytest.mark.parametrize("login", ["jdupont", "nobody"])
def test_a_password_past_the_ceiling_costs_nothing_whoever_it_names(people, operations, login):
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
    assert people.links.send(sought, address="192.0.2.7") is None
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
