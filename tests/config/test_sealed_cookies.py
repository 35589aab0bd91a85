"""Values that a browser keeps for us, sealed (config/sealed_cookies.py)."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from config.encryption import KeyEncryption
from config.sealed_cookies import LONGEST_VALUE, SealedCookies

DAY = timedelta(days=1)
OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def cookies():
    return SealedCookies(KeyEncryption({"old": OLD}), purpose="device")


@given(content=st.binary(max_size=2_000), bound_to=st.text(max_size=40))
def test_a_sealed_value_opens(content, bound_to):
    cookies = SealedCookies(KeyEncryption({"old": OLD}), purpose="device")
    assert cookies.open(cookies.seal(content, lifetime=DAY, bound_to=bound_to), bound_to=bound_to) == content


def test_a_value_opens_for_what_it_was_sealed_for_only(cookies):
    value = cookies.seal(b"jeanne", lifetime=DAY, bound_to="one browser")
    assert cookies.open(value, bound_to="another") is None
    assert cookies.open(value) is None


def test_a_value_of_one_purpose_does_not_open_for_another(cookies):
    other = SealedCookies(KeyEncryption({"old": OLD}), purpose="pending login")
    assert other.open(cookies.seal(b"jeanne", lifetime=DAY)) is None


def test_no_altered_value_opens(cookies):
    value = cookies.seal(b"jeanne", lifetime=DAY)
    start = value.index(".") + 1
    for at in range(start, len(value) - 1):  # the last character may hold bits that mean nothing
        altered = value[:at] + ("A" if value[at] != "A" else "B") + value[at + 1 :]
        assert cookies.open(altered) is None


def test_a_value_expires_whatever_its_browser_does(cookies):
    with time_machine.travel("2026-11-29T10:00:00Z", tick=False) as clock:
        value = cookies.seal(b"jeanne", lifetime=DAY)
        clock.shift(DAY - timedelta(seconds=1))
        assert cookies.open(value) == b"jeanne"
        clock.shift(timedelta(seconds=1))
        assert cookies.open(value) is None


def test_no_two_values_are_alike(cookies):
    assert len({cookies.seal(b"", lifetime=DAY) for _ in range(100)}) == 100


def test_after_a_rotation_both_keys_open_until_the_old_line_is_taken_away(cookies):
    value = cookies.seal(b"jeanne", lifetime=DAY)
    rotating = SealedCookies(KeyEncryption({"new": NEW, "old": OLD}), purpose="device")
    rotated = SealedCookies(KeyEncryption({"new": NEW}), purpose="device")
    assert rotating.open(value) == b"jeanne"
    assert rotating.seal(b"", lifetime=DAY).startswith("new.")
    assert rotated.open(value) is None


@pytest.mark.parametrize(
    "value",
    [None, "", ".", "old", "old.", "old.%%%", "old.AAAA", "old.A", "none.AAAA", "old.é", "old." + "A" * LONGEST_VALUE],
)
def test_what_was_never_sealed_opens_nothing(cookies, value):
    assert cookies.open(value) is None
