"""Logs an outage of a store once when it begins and once when it ends, instead of once a request.

Each process notices an outage by itself. Only the process that has the lock file logs it, for all processes of this
machine. The system releases the lock when that process ends, so that a stale lock cannot suppress the next outage.
"""

import logging
import time
import weakref
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from config.processes import FileLock, LockedElsewhere

RETRY_LOCK_AFTER: Final = 5.0  # seconds; a request that was running when the store came back is not a new outage

logger = logging.getLogger("poterne.stores")


class Outage:
    """Whether a store is unavailable, as far as this process knows. Thread-safe.

    `is_on` is read after every success, so it is a plain attribute.
    """

    def __init__(self, component: str, *, lock: Path | None = None, what: str = "does not answer") -> None:
        """`component` and `what` make the sentence in the journal. The processes of a machine share `lock`."""
        self.component = component
        self.is_on = False
        self._what = what
        self._shared = None if lock is None else FileLock(lock)
        self._is_logger = False
        self._began_at = 0.0
        self._tried_lock_at = float("-inf")
        self._mutex = Lock()
        if self._shared is not None:
            weakref.finalize(self, self._shared.release)

    def began(self, reason: str) -> None:
        """Record that the store is unavailable. `reason` is logged, and must repeat nothing of a request."""
        with self._mutex:
            now = time.monotonic()
            if not self.is_on:
                self.is_on, self._began_at = True, now
            if self._is_logger or now < self._tried_lock_at + RETRY_LOCK_AFTER:
                return
            self._tried_lock_at = now
            self._is_logger = self._take_lock()
            if self._is_logger:
                logger.warning("%s %s: %s", self.component, self._what, reason, extra={"component": self.component})

    def ended(self) -> None:
        """Record that the store is available again."""
        with self._mutex:
            was_on, self.is_on = self.is_on, False
            if not (was_on and self._is_logger):
                return
            self._is_logger = False
            if self._shared is not None:
                self._shared.release()
            after = time.monotonic() - self._began_at
            logger.info("%s is back after %.1f s", self.component, after, extra={"component": self.component})

    def _take_lock(self) -> bool:
        """Whether this process logs the outage. Each process does when the folder of the lock cannot be written."""
        if self._shared is None:
            return True
        try:
            with suppress(OSError):
                self._shared.take()
        except LockedElsewhere:
            return False
        return True
