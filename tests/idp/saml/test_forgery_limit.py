"""How many forged messages are verified (idp/saml/forgery_limit.py)."""

from types import SimpleNamespace

import pytest
from werkzeug.exceptions import TooManyRequests

from idp.saml.forgery_limit import BURST, REFILL_PER_SECOND, ForgeryLimit

DCC, OTHER = SimpleNamespace(identifier="dcc"), SimpleNamespace(identifier="other")


class Wrong(Exception):
    pass


def forges(limit, application=DCC, address="192.0.2.7", times=1):
    for _ in range(times):
        with pytest.raises(Wrong), limit.guard(application, address):
            raise Wrong


def is_verified(limit, application=DCC, address="192.0.2.7"):
    try:
        with limit.guard(application, address):
            return True
    except TooManyRequests:
        return False


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limit(clock):
    limit = ForgeryLimit(clock)
    forges(limit, times=BURST)
    return limit


def test_after_the_burst_no_message_is_verified_and_retry_after_is_sent(limit):
    with pytest.raises(TooManyRequests) as refused, limit.guard(DCC, "192.0.2.7"):
        pass
    assert refused.value.retry_after == 1


def test_other_addresses_and_other_applications_are_not_limited(limit):
    assert is_verified(limit, address="192.0.2.8")
    assert is_verified(limit, application=OTHER)


def test_an_ipv6_network_counts_as_one_address(limit):
    forges(limit, address="2001:db8::1", times=BURST)
    assert not is_verified(limit, address="2001:db8::2")
    assert is_verified(limit, address="2001:db8:0:1::1")


def test_the_allowance_refills_every_second(clock, limit):
    clock.now += 1
    forges(limit, times=int(REFILL_PER_SECOND))
    assert not is_verified(limit)


def test_genuine_messages_do_not_count(clock):
    limit = ForgeryLimit(clock)
    assert all(is_verified(limit) for _ in range(2 * BURST))


def test_the_number_of_senders_kept_is_bounded(clock):
    limit = ForgeryLimit(clock)
    for number in range(10_000):
        forges(limit, address=f"10.0.{number // 256}.{number % 256}")
    assert len(limit._buckets) < 5_000
