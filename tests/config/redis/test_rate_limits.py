"""Named limits, and what counts as one address."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from config.redis.rate_limits import RetryAfter, Throttle, places
from config.redis.store import Store

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize(
    ("address", "one", "prefix"),
    [
        ("192.0.2.7", "192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/64", "fe80::/48"),
        ("", "unknown", "unknown"),
        ("not an address", "unknown", "unknown"),
    ],
)
def test_the_limit_of_an_address_is_that_of_its_network(address: str, one: str, prefix: str) -> None:
    assert places(address) == (one, prefix)


# --- named limits ----------------------------------------------------------------------------------------------------


def test_a_named_limit_holds_in_any_window(store: Store, clock: time_machine.Traveller) -> None:
    throttle, hour = Throttle(store), timedelta(hours=1)

    def ask() -> RetryAfter | None:
        return throttle.allow("forgotten-password", "jeanne@exemple.test", limit=3, window=hour)

    assert ask() is None
    clock.shift(1800)
    assert [ask(), ask()] == [None, None]
    assert ask() == RetryAfter(1800)
    clock.shift(1800)
    assert ask() is None
    assert ask() == RetryAfter(1800)


def test_attempts_that_are_counted_together_are_allowed_together_or_not_at_all(
    store: Store, clock: time_machine.Traveller
) -> None:
    throttle, hour = Throttle(store), timedelta(hours=1)

    def ask(count: int) -> RetryAfter | None:
        return throttle.allow("invitations", "camille", limit=5, window=hour, count=count)

    assert ask(3) is None
    clock.shift(600)
    assert ask(3) == RetryAfter(3000)
    assert ask(2) is None
    assert ask(1) == RetryAfter(3000)
    assert ask(6) == RetryAfter(3600), "more than the limit, whatever was counted"
    clock.shift(3000)
    assert ask(3) is None
    assert ask(1) == RetryAfter(600)


def test_limits_and_their_keys_are_independent(store: Store) -> None:
    throttle, hour = Throttle(store), timedelta(hours=1)
    assert throttle.allow("a", "x", limit=1, window=hour) is None
    assert throttle.allow("a", "y", limit=1, window=hour) is None
    assert throttle.allow("b", "x", limit=1, window=hour) is None
    assert throttle.allow("a", "x", limit=1, window=hour) is not None
