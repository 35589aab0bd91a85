"""What the workers hold: after many logins, after as many again, and while many passwords are verified at once."""

from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import journeys
from tests.benchmarks.journeys import InTurn, travel
from tests.benchmarks.population import CHEAP, Population
from tests.benchmarks.report import Verdict
from tests.benchmarks.servers import OURS, RedisServer, web_server
from tests.ports import free_ports

WORKERS = 2
PEOPLE = 2_000
LOGINS = 10_000
MOST = 300  # MB, two workers and the process that watches them
GROWTH = 5  # MB; a leak of one kilobyte a login would be twice as much

AT_ONCE = 30
ALLOWANCE = 16  # MB for what thirty requests hold besides their hash


def measure(folder: Path, redis: RedisServer) -> list[Verdict]:
    return [*_after_many_logins(folder, redis), *_many_at_once(folder, redis)]


def _after_many_logins(folder: Path, redis: RedisServer) -> list[Verdict]:
    [port] = free_ports(1)
    with ExitStack() as held:
        population = Population(folder / "many", port=port, redis_url=redis.url, accounts=PEOPLE)
        held.callback(population.close)
        server = held.enter_context(web_server(OURS, port, population.environment, folder / "web.log", workers=WORKERS))
        logging_in = journeys.log_in(InTurn(population.people), InTurn(population.clients))
        travel(logging_in, port, WORKERS * 20)
        at_first = server.memory()
        travel(logging_in, port, LOGINS)
        held_then = server.memory()
        travel(logging_in, port, LOGINS)
        held_now = server.memory()
    return [
        Verdict(
            what=f"memory of {server.workers} workers after {LOGINS:,} logins (PSS, hash at {CHEAP} KiB)",
            measured=held_then,
            bound=MOST,
            unit="MB",
            detail=f"{at_first:.0f} MB at first",
        ),
        Verdict(
            what=f"what {LOGINS:,} more add",
            measured=held_now - held_then,
            bound=GROWTH,
            unit="MB",
            detail=f"{held_now:.1f} MB after {held_then:.1f} MB",
        ),
    ]


def _many_at_once(folder: Path, redis: RedisServer) -> list[Verdict]:
    [port] = free_ports(1)
    real = 19_456
    with ExitStack() as held:
        population = Population(
            folder / "at-once",
            port=port,
            redis_url=redis.url,
            accounts=AT_ONCE,
            argon2_memory=real,
            argon2_iterations=2,
        )
        held.callback(population.close)
        settings = population.settings
        server = held.enter_context(web_server(OURS, port, population.environment, folder / "web.log", workers=WORKERS))
        logging_in = journeys.log_in(InTurn(population.people), InTurn(population.clients))
        travel(logging_in, port, WORKERS * 10)
        server.forget_peaks()
        base = server.peak_memory()
        travel(logging_in, port, AT_ONCE, at_once=AT_ONCE)
        peak = server.peak_memory()
    hashing = WORKERS * settings.password_hash_concurrency * settings.argon2_memory * 1024 / 1e6
    return [
        Verdict(
            what=f"{AT_ONCE} logins at once, hash at {real / 1024:.0f} MiB: peak of {server.workers} workers (RSS)",
            measured=peak,
            bound=base + hashing + ALLOWANCE,
            unit="MB",
            detail=f"{base:.0f} before, {hashing:.0f} for hashes ({WORKERS} workers x "
            f"{settings.password_hash_concurrency} x {real} KiB), {ALLOWANCE} for the rest",
        )
    ]
