"""What the tests of the store share: lengths of time, threads that race, and records without their expiry."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def raced(times: int, act: Callable[[], Any]) -> list[Any]:
    """What `act` answers to so many threads that start it together."""
    start = threading.Barrier(times)

    def run(_: int) -> Any:
        start.wait()
        return act()

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(run, range(times)))


def without_expiry(record: dict[str, Any] | None) -> dict[str, Any] | None:
    return record and {name: value for name, value in record.items() if name != "expires_at"}
