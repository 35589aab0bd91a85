"""How failures slow guessing down without locking anyone out."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config.redis_link import client_for, socket_url
from config.settings import Settings, load
from config.store import Store, StoreUnavailable
from config.throttle import LoginThrottle, Throttle, Wait, places

HOME, HOSPITAL, ELSEWHERE = "203.0.113.7", "198.51.100.20", "192.0.2.99"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def rules(tmp_path: Path) -> Settings:
    return load(environment={}, issuer="https://id.example", mail_from="id@id.example", key_encryption_key_file="kek",
                data_folder=str(tmp_path), throttle_ceiling="300 s", throttle_window="15 m")  # fmt: skip


@pytest.fixture
def throttle(store: Store, rules: Settings) -> LoginThrottle:
    return LoginThrottle(store, rules)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def fails(throttle: LoginThrottle, times: int, *, login: str = "jdupont", address: str = HOME) -> None:
    """So many attempts that were let through and failed, each after the wait it was told."""
    for _ in range(times):
        assert throttle.reserve(login=login, address=address) is None


def logs_in(throttle: LoginThrottle, *, login: str = "jdupont", address: str = HOME) -> None:
    assert throttle.reserve(login=login, address=address) is None
    throttle.succeeded(login=login, address=address)


def strangers(count: int) -> list[str]:
    """Addresses of different networks."""
    return [f"10.{number // 250}.{number % 250}.1" for number in range(count)]


@pytest.mark.usefixtures("clock")
def test_a_few_failures_are_free_and_then_one_waits(throttle: LoginThrottle) -> None:
    fails(throttle, 5)
    assert throttle.reserve(login="jdupont", address=HOME) == Wait(1)


def test_waits_grow_and_are_bounded(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    fails(throttle, 5)
    waits = []
    for _ in range(11):
        wait = throttle.reserve(login="jdupont", address=HOME)
        assert wait is not None
        waits.append(wait.seconds)
        clock.shift(wait.seconds)
        fails(throttle, 1)
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert max(waits) <= 300


def test_to_ask_again_while_waiting_makes_no_wait_longer(
    throttle: LoginThrottle, clock: time_machine.Traveller
) -> None:
    fails(throttle, 5)
    for _ in range(50):
        assert throttle.reserve(login="jdupont", address=HOME) == Wait(1)
    clock.shift(1)
    assert throttle.reserve(login="jdupont", address=HOME) is None


def test_failures_of_long_ago_no_longer_count(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    fails(throttle, 5)
    clock.shift(timedelta(minutes=15))
    fails(throttle, 5)


@pytest.mark.usefixtures("clock")
def test_to_succeed_forgets_the_failures_of_that_account_from_there(throttle: LoginThrottle) -> None:
    fails(throttle, 4)
    logs_in(throttle)
    fails(throttle, 5)


@pytest.mark.usefixtures("clock")
def test_a_burst_of_guesses_sent_together_does_not_pass(throttle: LoginThrottle) -> None:
    start = threading.Barrier(32)

    def guess(_: int) -> Wait | None:
        start.wait()
        return throttle.reserve(login="jdupont", address=ELSEWHERE)

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(guess, range(32))).count(None) == 5


@pytest.mark.usefixtures("clock")
def test_guesses_from_many_networks_at_one_account_are_slowed(throttle: LoginThrottle) -> None:
    answers = [throttle.reserve(login="jdupont", address=address) for address in strangers(30)]
    assert answers.count(None) == 20


@pytest.mark.usefixtures("clock")
def test_where_one_has_logged_in_before_strangers_failures_cost_nothing(throttle: LoginThrottle) -> None:
    logs_in(throttle, address=HOME)
    for address in strangers(30):
        throttle.reserve(login="jdupont", address=address)
    assert throttle.reserve(login="jdupont", address=ELSEWHERE) is not None
    fails(throttle, 5, address=HOME)


@pytest.mark.usefixtures("clock")
def test_a_hospital_is_one_address_and_its_regulars_come_in_while_somebody_guesses_there(
    throttle: LoginThrottle,
) -> None:
    logs_in(throttle, login="mmartin", address=HOSPITAL)
    for number in range(100):
        assert throttle.reserve(login=f"guess{number}", address=HOSPITAL) is None
    assert throttle.reserve(login="another", address=HOSPITAL) == Wait(1)
    assert throttle.reserve(login="mmartin", address=HOSPITAL) is None, "her first try is hers"
    assert throttle.reserve(login="mmartin", address=HOSPITAL) is not None, "but no more than that"


@pytest.mark.usefixtures("clock")
def test_one_s_own_logins_do_not_clear_an_address_for_guessing(throttle: LoginThrottle) -> None:
    for number in range(100):
        assert throttle.reserve(login=f"guess{number}", address=ELSEWHERE) is None
        if number % 10 == 0:
            logs_in(throttle, login="attacker", address=ELSEWHERE) if number < 99 else None
    assert throttle.reserve(login="another", address=ELSEWHERE) is not None


@pytest.mark.usefixtures("clock")
def test_a_network_has_a_limit_of_its_own(throttle: LoginThrottle) -> None:
    guesses = [throttle.reserve(login=f"x{number}", address=f"192.0.2.{number % 200}") for number in range(320)]
    assert guesses.count(None) == 300


@pytest.mark.usefixtures("clock")
def test_one_account_is_one_however_it_is_typed(throttle: LoginThrottle) -> None:
    for typed in ("jdupont", "JDUPONT", " jdupont", "jDupont ", "JDuPont"):
        fails(throttle, 1, login=typed)
    assert throttle.reserve(login="jdupont", address=HOME) is not None


@given(steps=st.lists(st.tuples(st.sampled_from([HOME, ELSEWHERE]), st.booleans(), st.integers(0, 400)), max_size=40))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_nobody_waits_longer_than_the_ceiling(
    store: Store, rules: Settings, steps: list[tuple[str, bool, int]]
) -> None:
    store.link.ask("FLUSHALL", repeatable=True)
    throttle = LoginThrottle(store, rules)
    with time_machine.travel(NOON, tick=False) as clock:
        for address, right, pause in steps:
            wait = throttle.reserve(login="jdupont", address=address)
            if wait is None and right:
                throttle.succeeded(login="jdupont", address=address)
            assert wait is None or 1 <= wait.seconds <= 300
            clock.shift(pause)
        wait = throttle.reserve(login="jdupont", address=HOME)
        if wait is not None:
            clock.shift(wait.seconds)
            assert throttle.reserve(login="jdupont", address=HOME) is None


def test_a_clock_that_is_set_back_locks_nobody_out(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    fails(throttle, 5)
    clock.shift(-3600)
    assert throttle.reserve(login="jdupont", address=HOME) == Wait(1)
    clock.shift(1)
    assert throttle.reserve(login="jdupont", address=HOME) is None


def test_without_redis_nothing_is_let_through(tmp_path: Path, rules: Settings) -> None:
    store = Store(client_for(socket_url(tmp_path / "nobody.sock")))
    with pytest.raises(StoreUnavailable):
        LoginThrottle(store, rules).reserve(login="jdupont", address=HOME)
    with pytest.raises(StoreUnavailable):
        Throttle(store).allow("mail", HOME, limit=1, window=timedelta(hours=1))


def test_what_is_counted_names_nobody(throttle: LoginThrottle, redis_socket: Path) -> None:
    fails(throttle, 1, login="jeanne.dupont")
    with client_for(socket_url(redis_socket)) as client:
        assert not [key for key in client.scan_iter() if b"dupont" in key]


def test_what_is_counted_is_forgotten_by_itself_and_stays_small(throttle: LoginThrottle, redis_socket: Path) -> None:
    for number in range(40):
        throttle.reserve(login=f"x{number}", address=HOME)
    with client_for(socket_url(redis_socket)) as client:
        assert all(client.pttl(key) > 0 for key in client.scan_iter())


# --- places ----------------------------------------------------------------------------------------------------------


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
def test_an_address_counts_as(address: str, one: str, prefix: str) -> None:
    assert places(address) == (one, prefix)


# --- named limits ----------------------------------------------------------------------------------------------------


def test_a_named_limit_holds_in_any_window(store: Store, clock: time_machine.Traveller) -> None:
    throttle, hour = Throttle(store), timedelta(hours=1)

    def ask() -> Wait | None:
        return throttle.allow("forgotten-password", "jeanne@exemple.test", limit=3, window=hour)

    assert ask() is None
    clock.shift(1800)
    assert [ask(), ask()] == [None, None]
    assert ask() == Wait(1800)
    clock.shift(1800)
    assert ask() is None
    assert ask() == Wait(1800)


def test_named_limits_and_their_keys_are_apart(store: Store) -> None:
    throttle, hour = Throttle(store), timedelta(hours=1)
    assert throttle.allow("a", "x", limit=1, window=hour) is None
    assert throttle.allow("a", "y", limit=1, window=hour) is None
    assert throttle.allow("b", "x", limit=1, window=hour) is None
    assert throttle.allow("a", "x", limit=1, window=hour) is not None
