"""Prevents: filling the memory of the machine, or trying passwords without limit, through the password pages."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import argon2
import pytest
import time_machine

from config.redis.rate_limits import RetryAfter
from idp.accounts.passwords.hashing import Argon2Parameters, PasswordHashing
from idp.accounts.passwords.passwords import NotVerified
from idp.settings import Settings
from tests.builders.accounts import PASSWORD, a_visit, an_attempt


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_hashes_are_computed_at_once_than_the_settings_allow(settings: Settings, monkeypatch, at_once):
    """Each takes `argon2_memory`: a flood of logins queues instead of taking the machine's memory."""
    verify = argon2.PasswordHasher.verify
    lock, running, most = Lock(), 0, 0

    def watched(self, stored, password):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        try:
            return verify(self, stored, password)
        finally:
            with lock:
                running -= 1

    monkeypatch.setattr(argon2.PasswordHasher, "verify", watched)
    hashing = PasswordHashing(replace(settings, password_hash_concurrency=at_once))
    stored = Argon2Parameters(memory=256, iterations=1, lanes=1).hash_of_nothing()
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda _: hashing.matches(stored, PASSWORD), range(24)))
    assert most <= at_once


@pytest.mark.parametrize("spelling", ["jdupont", "JDUPONT", "  jdupont ", "ｊｄｕｐｏｎｔ", "jdupont\u200b"])
def test_no_other_spelling_of_a_login_is_a_fresh_ration_of_guesses(parts, jeanne_account, spelling):
    """What the throttle counts apart must not open the same account."""
    asked = {"new": "Another-Good-One-1!", "agent": ""}
    for _ in range(parts.settings.failures_per_account_and_address):
        assert parts.changes.change(an_attempt("jdupont"), current="wrong", **asked) == NotVerified()
    outcome = parts.changes.change(an_attempt(spelling), current=PASSWORD, **asked)
    assert isinstance(outcome, RetryAfter | NotVerified)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-29T10:00:00Z", tick=False) as traveller:
        yield traveller


@pytest.mark.usefixtures("clock")
def test_a_link_is_asked_for_with_one_answer_whether_or_not_the_account_exists(parts, jeanne_account):
    """However often: what is limited is the letters of an account, which a stranger does not see."""
    for sought in (jeanne_account.login, jeanne_account.email, "nobody", "nobody@exemple.test"):
        assert [parts.links.send(sought, a_visit()) for _ in range(10)] == [None] * 10


def test_who_asks_for_links_without_end_slows_a_hospital_down_and_closes_it_to_nobody(parts, jeanne_account, clock):
    for number in range(60):
        assert parts.links.send(f"person{number}", a_visit()) is None
    assert parts.links.send("another", a_visit()) == RetryAfter(10)
    sent = len(parts.letters())
    told = parts.links.send(jeanne_account.login, a_visit(client="hers"))
    for _ in range(told.seconds):
        clock.shift(1)
        for number in range(20):
            parts.links.send(f"person{number}", a_visit(client=f"theirs {number}"))
    if again := parts.links.send(jeanne_account.login, a_visit(client="hers")):
        assert told.seconds + again.seconds <= 30
        clock.shift(again.seconds)
        assert parts.links.send(jeanne_account.login, a_visit(client="hers")) is None
    assert len(parts.letters()) == sent + 1


def test_a_browser_that_an_account_has_logged_in_from_asks_at_once_whatever_its_neighbours_do(parts, clock):
    for number in range(200):
        parts.links.send(f"person{number}", a_visit(client=f"{number}"))
    assert parts.links.send("jdupont", a_visit(client="new")) is not None
    assert [parts.links.send("jdupont", a_visit(client="hers", device="her browser")) for _ in range(10)] == [None] * 10


def test_what_one_address_asks_for_stays_bounded(parts, clock):
    asked = 0
    for number in range(6_000):
        asked += parts.links.send(f"person{number}", a_visit(client=f"{number % 100}")) is None
        clock.shift(0.1)
    assert asked <= 60 + 15 + 600 / 2


def test_a_mailbox_is_not_filled_from_many_addresses_and_by_both_its_names(parts, jeanne_account):
    before = len(parts.letters())
    for number in range(5):
        parts.links.send(jeanne_account.login, a_visit(f"192.0.2.{number}"))
        parts.links.send(jeanne_account.email, a_visit(f"192.0.2.{number}"))
    assert len(parts.letters()) - before == 5
