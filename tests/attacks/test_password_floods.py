"""Prevents: filling the memory of the machine, or trying passwords without limit, through the password pages."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Lock

import argon2
import pytest

from config.settings import Settings
from config.throttle import Wait
from idp.accounts.hashing import Argon2Parameters, PasswordHashing
from idp.accounts.passwords import NotVerified
from tests.builders_accounts import PASSWORD, an_attempt


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
def test_no_other_spelling_of_a_login_is_a_fresh_ration_of_guesses(parts, jeanne, spelling):
    """What the throttle counts apart must not open the same account."""
    asked = {"new": "Another-Good-One-1!", "agent": ""}
    for _ in range(parts.settings.failures_per_account_and_address):
        assert parts.changes.change(an_attempt("jdupont"), current="wrong", **asked) == NotVerified()
    outcome = parts.changes.change(an_attempt(spelling), current=PASSWORD, **asked)
    assert isinstance(outcome, Wait | NotVerified)


def test_links_are_asked_for_so_often_and_no_more_whether_or_not_the_account_exists(parts, jeanne):
    for sought in (jeanne.login, "nobody"):
        answers = [parts.links.send(sought, address="192.0.2.7") for _ in range(6)]
        assert answers[:5] == [None] * 5
        assert isinstance(answers[5], Wait)


def test_one_address_cannot_ask_for_everyone(parts):
    answers = [parts.links.send(f"person{number}", address="192.0.2.7") for number in range(61)]
    assert answers[:60] == [None] * 60
    assert isinstance(answers[60], Wait)


def test_a_mailbox_is_not_filled_from_many_addresses_and_by_both_its_names(parts, jeanne):
    before = len(parts.letters())
    for number in range(5):
        parts.links.send(jeanne.login, address=f"192.0.2.{number}")
        parts.links.send(jeanne.email, address=f"192.0.2.{number}")
    assert len(parts.letters()) - before == 5
