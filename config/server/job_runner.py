"""The work outside requests, run by the command `jobs` of a service (a child of `serve`).

It runs the outbox, the jobs that wait for other servers, and what else the service gives it, and
seals the audit trail. It does not poll: a process that adds work notifies a channel in Redis. A
sweep every few minutes finds work whose notification was lost.
"""

import logging
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Event, Thread

from config.audit.chain import DerivedSeals, TrailBroken, seal
from config.encryption import KeyEncryption
from config.jobs import Jobs
from config.redis.store import Store, StoreUnavailable
from config.sql.database import Database, DatabaseUnavailable

CHANNEL = "audit"
NOTIFY_INTERVAL = 10.0  # seconds
SWEEP_INTERVAL = timedelta(minutes=5)
_LISTEN_FOR = timedelta(seconds=1)

journal = logging.getLogger("poterne.background")


class NotifySealer:
    """Notifies the sealer that there are audit lines to seal, at most once every NOTIFY_INTERVAL."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._notified_at = float("-inf")

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._notified_at < NOTIFY_INTERVAL:
            return
        self._notified_at = now
        try:
            self._store.notify(CHANNEL)
        except StoreUnavailable:
            journal.info("Redis does not answer: audit lines are sealed at the next sweep")


class Sealing:
    """Chains and signs the audit trail's new lines."""

    def __init__(self, database: Database, store: Store, encryption: KeyEncryption) -> None:
        self._database = database
        self._store = store
        self._seals = DerivedSeals(encryption)

    def run_forever(self, stop: Event) -> None:
        while not stop.is_set():
            self._seal()
            swept_at = time.monotonic() + SWEEP_INTERVAL.total_seconds()
            while not stop.is_set() and time.monotonic() < swept_at:
                try:
                    if self._store.wait_for_notification(CHANNEL, at_most=_LISTEN_FOR):
                        break
                except StoreUnavailable:
                    stop.wait(_LISTEN_FOR.total_seconds())

    def _seal(self) -> None:
        with suppress(DatabaseUnavailable):  # config/sql/database.py logs it once
            try:
                seal(self._database, self._seals)
            except TrailBroken:
                journal.exception("the audit trail was altered and is not sealed: run the command `audit verify`")


def run_until_signal(
    sealing: Sealing,
    jobs: Jobs,
    *others: Callable[[Event], None],
    calls: Jobs,
    call_threads: int,
) -> None:
    """Run all jobs until SIGTERM or SIGINT. Each of `others` runs in a thread until its event is set.

    `calls` are the jobs that wait for other servers. They have `call_threads` threads of their own, so that a server
    that does not answer delays no other job.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [Thread(target=sealing.run_forever, args=(stop,), name="sealing")]
    threads += [Thread(target=calls.run_forever, args=(stop,), name="calls") for _ in range(call_threads)]
    # Daemons: a thread that waits for a server or a child process does not delay the end; the child ends with us.
    threads += [Thread(target=other, args=(stop,), name="other", daemon=True) for other in others]
    for thread in threads:
        thread.start()
    jobs.run_forever(stop)
    for thread in threads:
        if not thread.daemon:
            thread.join()
