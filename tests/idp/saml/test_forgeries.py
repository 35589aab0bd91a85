"""How many forged messages are looked at (idp/saml/forgeries.py)."""

from types import SimpleNamespace

import pytest
from werkzeug.exceptions import TooManyRequests

from idp.saml.forgeries import A_SECOND, AT_ONCE, Forgeries

DCC, OTHER = SimpleNamespace(identifier="dcc"), SimpleNamespace(identifier="other")


class Wrong(Exception):
    pass


def forges(forgeries, application=DCC, address="192.0.2.7", times=1):
    for _ in range(times):
        with pytest.raises(Wrong), forgeries.counted(application, address):
            raise Wrong


def is_looked_at(forgeries, application=DCC, address="192.0.2.7"):
    try:
        with forgeries.counted(application, address):
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
def forgeries(clock):
    forgeries = Forgeries(clock)
    forges(forgeries, times=AT_ONCE)
    return forgeries


def test_after_so_many_none_is_looked_at_and_whoever_comes_is_told_when(forgeries):
    with pytest.raises(TooManyRequests) as refused, forgeries.counted(DCC, "192.0.2.7"):
        pass
    assert refused.value.retry_after == 1


def test_other_addresses_and_other_applications_go_on(forgeries):
    assert is_looked_at(forgeries, address="192.0.2.8")
    assert is_looked_at(forgeries, application=OTHER)


def test_a_subscriber_of_ipv6_is_one_address(forgeries):
    forges(forgeries, address="2001:db8::1", times=AT_ONCE)
    assert not is_looked_at(forgeries, address="2001:db8::2")
    assert is_looked_at(forgeries, address="2001:db8:0:1::1")


def test_a_second_later_so_many_are_looked_at_again(clock, forgeries):
    clock.now += 1
    forges(forgeries, times=int(A_SECOND))
    assert not is_looked_at(forgeries)


def test_what_is_genuine_counts_nothing(clock):
    forgeries = Forgeries(clock)
    assert all(is_looked_at(forgeries) for _ in range(2 * AT_ONCE))


def test_little_is_kept(clock):
    forgeries = Forgeries(clock)
    for number in range(10_000):
        forges(forgeries, address=f"10.0.{number // 256}.{number % 256}")
    assert len(forgeries._left) < 5_000
