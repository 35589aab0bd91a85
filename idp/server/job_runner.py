"""Work outside requests, run by `idp jobs` (a child of `idp serve`): the outbox, what applications are told of the
end of sessions, the metadata of service providers, the sealing of the audit trail and the rollover of keys.

Nothing here polls: whoever adds work notifies a channel in Redis, and a sweep
every few minutes finds what a lost notification left.
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
NOTICE_THREADS = 8  # an application's server that does not answer holds two of them for a moment
_LISTEN_FOR = timedelta(seconds=1)

journal = logging.getLogger("poterne.background")


class NotifySealer:
    """Tells the sealer that there are lines to seal: a ring every few seconds at most, however many are written."""

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
            journal.info("sealing waits for the next sweep")


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
        with suppress(DatabaseUnavailable):  # which the journal says once, whoever notices
            try:
                seal(self._database, self._seals)
            except TrailBroken:
                journal.exception("sealing: the audit trail has been altered; run idp audit verify")


def run_until_signal(
    database: Database,
    store: Store,
    encryption: KeyEncryption,
    jobs: Jobs,
    notices: Jobs,
    *others: Callable[[Event], None],
) -> None:
    """Run them all, `others` that run until an event as well, until SIGTERM or SIGINT."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [Thread(target=Sealing(database, store, encryption).run_forever, args=(stop,), name="sealing")]
    threads += [Thread(target=notices.run_forever, args=(stop,), name="notices") for _ in range(NOTICE_THREADS)]
    # A daemon: one that waits for another's server or for a child is left as it is, and its child ends with us.
    threads += [Thread(target=other, args=(stop,), name="other", daemon=True) for other in others]
    for thread in threads:
        thread.start()
    jobs.run_forever(stop)
    for thread in threads:
        if not thread.daemon:
            thread.join()
