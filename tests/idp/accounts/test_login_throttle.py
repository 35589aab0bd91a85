"""How failures slow guessing down without locking anyone out."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config.redis.connection import client_for, socket_url
from config.redis.rate_limits import RetryAfter, Throttle
from config.redis.store import Store, StoreUnavailable
from config.redis.token_buckets import Taken
from idp.accounts.login_throttle import (
    ACCOUNT_EVERY,
    ADDRESS_EVERY,
    DEVICE_EVERY,
    FAILURES_PER_DEVICE,
    Attempt,
    LoginThrottle,
)
from idp.settings import Settings

HOME, HOSPITAL, ELSEWHERE = "203.0.113.7", "198.51.100.20", "192.0.2.99"
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def strangers(count: int) -> list[str]:
    """Addresses of different networks."""
    return [f"10.{number // 250}.{number % 250}.1" for number in range(count)]


@pytest.fixture
def rules(tmp_path: Path) -> Settings:
    return Settings.load(
        environment={},
        issuer="https://id.example",
        mail_from="id@id.example",
        key_encryption_key_file="kek",
        data_folder=str(tmp_path),
        throttle_ceiling="30 s",
    )


@pytest.fixture
def throttle(store: Store, rules: Settings) -> LoginThrottle:
    return LoginThrottle(store, rules)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def at_rest() -> bool:
    return False


def tries(
    throttle: LoginThrottle,
    *,
    login: str = "jdupont",
    address: str = HOME,
    client: str = "hers",
    device: str | None = None,
    is_busy: Callable[[], bool] = at_rest,
) -> RetryAfter | None:
    """An attempt that fails, or the wait that was told instead."""
    attempt = Attempt(login=login, address=address, client=client, device=device)
    answer = throttle.reserve(attempt, is_busy=is_busy)
    return answer if isinstance(answer, RetryAfter) else None


def logs_in(throttle: LoginThrottle, *, login: str = "jdupont", address: str = HOME, device: str | None = None) -> None:
    reservation = throttle.reserve(Attempt(login=login, address=address, client="hers", device=device), is_busy=at_rest)
    assert isinstance(reservation, Taken)
    throttle.release(reservation)


def is_let_in_within(
    seconds: int, throttle: LoginThrottle, clock: time_machine.Traveller, meanwhile: Callable, **of
) -> bool:
    """Whether somebody who comes back when told may try within so many seconds, whatever others do each second."""
    return_at = 0
    for second in range(seconds + 1):
        meanwhile()
        if second >= return_at:
            if (wait := tries(throttle, **of)) is None:
                return True
            return_at = second + wait.seconds
        clock.shift(1)
    return False


@pytest.mark.usefixtures("clock")
def test_a_few_failures_are_free_and_then_one_waits(throttle: LoginThrottle) -> None:
    assert [tries(throttle) for _ in range(5)] == [None] * 5
    assert tries(throttle) == RetryAfter(10)


def test_waits_are_bounded_and_each_ends(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    waits = []
    for _ in range(40):
        if (wait := tries(throttle)) is not None:
            waits.append(wait.seconds)
            clock.shift(wait.seconds)
            assert tries(throttle) is None
    assert waits
    assert max(waits) <= 30


def test_to_ask_again_while_waiting_makes_no_wait_longer(
    throttle: LoginThrottle, clock: time_machine.Traveller
) -> None:
    for _ in range(5):
        tries(throttle)
    for second in range(10):
        assert tries(throttle) == RetryAfter(10 - second)
        clock.shift(1)
    assert tries(throttle) is None


def test_failures_of_long_ago_no_longer_count(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    for _ in range(2):
        assert [tries(throttle) for _ in range(5)] == [None] * 5
        clock.shift(timedelta(minutes=2))


@pytest.mark.usefixtures("clock")
def test_nothing_that_a_stranger_can_see_changes_when_the_owner_logs_in(
    throttle: LoginThrottle, redis_socket: Path
) -> None:
    for _ in range(3):
        tries(throttle, client="a stranger")
    with client_for(socket_url(redis_socket)) as redis:
        before = {key: redis.get(key) for key in redis.scan_iter()}
        logs_in(throttle)
        logs_in(throttle, address=ELSEWHERE)
        assert {key: redis.get(key) for key in redis.scan_iter()} == before


@pytest.mark.usefixtures("clock")
def test_a_burst_of_guesses_sent_together_does_not_pass(throttle: LoginThrottle) -> None:
    start = threading.Barrier(32)

    def guess(number: int) -> RetryAfter | None:
        start.wait()
        return tries(throttle, address=ELSEWHERE, client=f"browser {number}")

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(guess, range(32))).count(None) == 5


@pytest.mark.usefixtures("clock")
def test_a_burst_of_guesses_with_a_stolen_device_cookie_does_not_pass(throttle: LoginThrottle) -> None:
    start = threading.Barrier(32)

    def guess(number: int) -> RetryAfter | None:
        start.wait()
        return tries(throttle, address=ELSEWHERE, client=f"browser {number}", device="her browser")

    with ThreadPoolExecutor(32) as threads:
        assert list(threads.map(guess, range(32))).count(None) == FAILURES_PER_DEVICE + 5


@pytest.mark.usefixtures("clock")
def test_guesses_from_many_networks_at_one_account_are_slowed(throttle: LoginThrottle) -> None:
    answers = [tries(throttle, address=address, client=address) for address in strangers(30)]
    assert answers.count(None) == 20


# --- who is known, and who is not -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("clock")
def test_a_recognised_browser_is_let_in_at_once_whatever_is_tried_on_its_account(throttle: LoginThrottle) -> None:
    for address in [HOME] * 50 + strangers(100):
        tries(throttle, address=address, client="a stranger")
    assert tries(throttle) is not None
    for _ in range(20):
        logs_in(throttle, device="her browser")


@pytest.mark.usefixtures("clock")
def test_a_hospital_is_one_address_and_recognised_browsers_are_let_in_while_somebody_guesses_there(
    throttle: LoginThrottle,
) -> None:
    for number in range(130):
        tries(throttle, login=f"guess{number}", address=HOSPITAL, client=f"{number}")
    assert tries(throttle, login="another", address=HOSPITAL) is not None
    for _ in range(20):
        logs_in(throttle, login="mmartin", address=HOSPITAL, device="her browser")


def test_a_stolen_device_cookie_gives_few_guesses(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    guesses = 0
    for _ in range(24 * 60):
        guesses += tries(throttle, address=ELSEWHERE, client="the thief", device="her browser") is None
        clock.shift(60)
    everyone = 24 * 60 * 60 / ACCOUNT_EVERY
    assert guesses <= FAILURES_PER_DEVICE + 24 * 60 * 60 / DEVICE_EVERY + everyone
    assert tries(throttle, address=HOME, device="another browser of hers") is None


@pytest.mark.parametrize("others", ["hammer", "come back when they are told"])
def test_who_waits_at_an_address_under_attack_is_let_in(
    throttle: LoginThrottle, clock: time_machine.Traveller, others: str
) -> None:
    """100 guesses at invented logins, one at each colleague, and then as many as they like."""
    for number in range(100):
        tries(throttle, login=f"guess{number}", address=HOSPITAL, client="them")
    tries(throttle, login="mmartin", address=HOSPITAL, client="them")
    numbers = iter(range(100_000))

    def guess() -> None:
        for _ in range(20 if others == "hammer" else 1):
            number = next(numbers)
            browser = f"{number}" if others == "hammer" else f"{number % 25}"  # 25 browsers obey; 30 have a place
            tries(throttle, login=f"invented{number}", address=HOSPITAL, client=browser)

    assert is_let_in_within(30, throttle, clock, guess, login="mmartin", address=HOSPITAL)


@pytest.mark.parametrize("where", [HOSPITAL, HOME])
def test_who_waits_is_let_in_while_one_account_is_guessed_at(
    throttle: LoginThrottle, clock: time_machine.Traveller, where: str
) -> None:
    """By a machine that hammers at the very address, and by one that obeys: neither is first each time."""
    for _ in range(100):
        tries(throttle, address=HOSPITAL, client="them")
    numbers = iter(range(100_000))

    def guess() -> None:
        tries(throttle, address=HOSPITAL, client="them")
        tries(throttle, address=HOSPITAL, client=f"{next(numbers)}")

    assert is_let_in_within(30, throttle, clock, guess, address=where)


@pytest.mark.usefixtures("clock")
def test_who_guesses_from_a_few_networks_costs_the_owner_nothing_in_another(throttle: LoginThrottle) -> None:
    for address in strangers(5) * 100:
        tries(throttle, address=address, client=address)
    for address in strangers(5) * 5:
        assert tries(throttle, address=address, client=f"new at {address}") is not None
    assert tries(throttle, address=HOME) is None


@pytest.mark.slow
def test_guessing_at_one_account_stays_bounded(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    """By as many browsers as one likes, at one address, for an hour: docs/decisions/no-permanent-lock.md."""
    guesses = 0
    for second in range(3600):
        guesses += [tries(throttle, client=f"{number}") for number in range(3)].count(None)
        guesses += tries(throttle, client=f"minted {second}") is None
        clock.shift(1)
    assert guesses <= 5 + 30 / ACCOUNT_EVERY + 3600 / ACCOUNT_EVERY


@pytest.mark.slow
def test_guessing_at_invented_logins_stays_bounded(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    guesses = 0
    for number in range(6000):
        guesses += tries(throttle, login=f"x{number}", client=f"{number % 200}") is None
        clock.shift(0.1)
    assert guesses <= 100 + 30 / ADDRESS_EVERY + 600 / ADDRESS_EVERY


def test_nobody_new_waits_for_a_verification_where_a_crowd_has_failed(
    throttle: LoginThrottle, clock: time_machine.Traveller
) -> None:
    """Each who waits holds a thread; a hospital's first logins of the day come together and do wait."""

    def busy() -> bool:
        return True

    answers = [tries(throttle, login=f"x{n}", address=HOSPITAL, client=f"{n}", is_busy=busy) for n in range(60)]
    assert answers == [None] * 51 + [RetryAfter(1)] * 9
    assert tries(throttle, login="mmartin", address=HOSPITAL) is None
    assert tries(throttle, login="mmartin", address=HOSPITAL, device="her browser", is_busy=busy) is None
    assert tries(throttle, login="mmartin", address=HOME, is_busy=busy) is None
    for number in range(70):
        tries(throttle, login=f"y{number}", address=HOSPITAL, client="them")
    patient = {"login": "mmartin", "address": HOSPITAL, "client": "patient", "is_busy": busy}
    clock.shift(tries(throttle, **patient).seconds)
    assert tries(throttle, **patient) is None, "who has waited waits with the others"


@pytest.mark.usefixtures("clock")
def test_one_s_own_logins_do_not_clear_an_address_for_guessing(throttle: LoginThrottle) -> None:
    for number in range(100):
        assert tries(throttle, login=f"guess{number}", address=ELSEWHERE) is None
        if number % 10 == 0:
            logs_in(throttle, login="attacker", address=ELSEWHERE)
    assert tries(throttle, login="another", address=ELSEWHERE) is not None


@pytest.mark.usefixtures("clock")
def test_a_network_has_a_limit_of_its_own(throttle: LoginThrottle) -> None:
    guesses = [tries(throttle, login=f"x{number}", address=f"192.0.2.{number % 200}") for number in range(320)]
    assert guesses.count(None) == 300


@pytest.mark.usefixtures("clock")
def test_one_account_is_one_however_it_is_typed(throttle: LoginThrottle) -> None:
    for typed in ("jdupont", "JDUPONT", " jdupont", "jDupont ", "JDuPont"):
        assert tries(throttle, login=typed) is None
    assert tries(throttle) is not None


@given(steps=st.lists(st.tuples(st.sampled_from([HOME, ELSEWHERE]), st.booleans(), st.integers(0, 400)), max_size=40))
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happened_nobody_waits_longer_than_the_ceiling(
    store: Store, rules: Settings, steps: list[tuple[str, bool, int]]
) -> None:
    store.link.execute("FLUSHALL", repeatable=True)
    throttle = LoginThrottle(store, rules)
    with time_machine.travel(NOON, tick=False) as clock:
        for address, right, pause in steps:
            answer = throttle.reserve(Attempt(login="jdupont", address=address, client="hers"), is_busy=at_rest)
            if isinstance(answer, Taken) and right:
                throttle.release(answer)
            assert isinstance(answer, Taken) or 1 <= answer.seconds <= 30
            clock.shift(pause / 20)
        if (wait := tries(throttle)) is not None:
            clock.shift(wait.seconds)
            assert tries(throttle) is None


def test_a_clock_that_is_set_back_locks_nobody_out(throttle: LoginThrottle, clock: time_machine.Traveller) -> None:
    for _ in range(5):
        tries(throttle)
    clock.shift(-3600)
    wait = tries(throttle)
    assert wait is not None
    assert wait.seconds <= 30
    clock.shift(wait.seconds)
    assert tries(throttle) is None


def test_without_redis_nothing_is_let_through(tmp_path: Path, rules: Settings) -> None:
    store = Store(client_for(socket_url(tmp_path / "nobody.sock")))
    with pytest.raises(StoreUnavailable):
        tries(LoginThrottle(store, rules), device="her browser")
    with pytest.raises(StoreUnavailable):
        tries(LoginThrottle(store, rules))
    with pytest.raises(StoreUnavailable):
        Throttle(store).allow("mail", HOME, limit=1, window=timedelta(hours=1))


def test_what_is_counted_names_nobody(throttle: LoginThrottle, redis_socket: Path) -> None:
    tries(throttle, login="jeanne.dupont")
    with client_for(socket_url(redis_socket)) as client:
        assert not [key for key in client.scan_iter() if b"dupont" in key]


def test_what_is_counted_is_forgotten_by_itself_and_stays_small(throttle: LoginThrottle, redis_socket: Path) -> None:
    for number in range(140):
        tries(throttle, login=f"x{number}", address=HOME, client=f"{number}")
    with client_for(socket_url(redis_socket)) as client:
        assert all(0 < client.pttl(key) <= 3_600_000 for key in client.scan_iter())
        assert all(client.memory_usage(key) < 200 for key in client.scan_iter())


# --- places ----------------------------------------------------------------------------------------------------------
