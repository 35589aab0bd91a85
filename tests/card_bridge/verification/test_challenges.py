"""Challenges are kept by nobody, and still are good for one login, one purpose and three minutes."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.assertion import LONGEST_NONCE, SHORTEST_NONCE, Purpose
from card_bridge.verification.challenges import LIFETIME, Challenges

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
KEY, EARLIER_KEY = b"k" * 32, b"e" * 32
CHALLENGES = Challenges([KEY])


def made(**changed):
    return CHALLENGES.new(changed.get("purpose", Purpose.LOGIN), bound_to=changed.get("bound_to", "flow"), now=NOW)


def is_recognized(nonce, *, by=CHALLENGES, purpose=Purpose.LOGIN, bound_to="flow", now=NOW):
    return by.recognizes(nonce, purpose, bound_to=bound_to, now=now)


def test_a_challenge_is_recognized_by_the_service_that_made_it():
    assert is_recognized(made())
    assert not is_recognized(made(), by=Challenges([EARLIER_KEY]))


def test_a_challenge_is_a_nonce_that_a_workstation_accepts():
    assert SHORTEST_NONCE <= len(made()) <= LONGEST_NONCE


def test_two_challenges_differ():
    assert made() != made()


@pytest.mark.parametrize("purpose", Purpose)
def test_a_challenge_counts_for_its_purpose_alone(purpose):
    nonce = made(purpose=purpose)
    assert [other for other in Purpose if is_recognized(nonce, purpose=other)] == [purpose]


def test_a_challenge_counts_for_its_login_alone():
    assert not is_recognized(made(bound_to="another flow"))


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (timedelta(0), True),
        (LIFETIME, True),
        (LIFETIME + timedelta(seconds=1), False),
        (-timedelta(seconds=5), True),
        (-timedelta(minutes=1), False),
    ],
    ids=["now", "at the end", "after the end", "clocks differ", "of the future"],
)
def test_a_challenge_lives_three_minutes(age, counts):
    assert is_recognized(made(), now=NOW + age) == counts


def test_a_challenge_of_the_previous_key_counts_while_the_key_is_there():
    nonce = Challenges([EARLIER_KEY]).new(Purpose.LOGIN, bound_to="flow", now=NOW)
    assert is_recognized(nonce, by=Challenges([KEY, EARLIER_KEY]))


@given(octet=st.integers(0, 68), changed=st.integers(1, 255))
def test_an_altered_challenge_is_not_recognized(octet, changed):
    octets = bytearray(base64.urlsafe_b64decode(made()))
    octets[octet] ^= changed
    assert not is_recognized(base64.urlsafe_b64encode(bytes(octets)).decode())


@given(st.text(max_size=200))
def test_no_text_is_recognized(text):
    assert not is_recognized(text)
