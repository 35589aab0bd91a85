"""A store that goes and comes back, told in the journal once each way instead of once a request.

Each process notices by itself; the one that holds the lock file speaks for all the processes of this machine. The
system takes the lock back when that process ends, so nothing stale can silence the next outage.
"""

import logging
import time
import weakref
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from config.processes import FileLock, LockedElsewhere

ASKED_AGAIN_AFTER: Final = 5.0  # seconds; a request under way when another process saw the store back is no new outage

logger = logging.getLogger("poterne.stores")


class Outage:
    """Whether a store is away, as this process knows. Safe for threads.

    `is_on` is read after every success, and is therefore a plain attribute.
    """

    def __init__(self, component: str, *, lock: Path | None = None, what: str = "does not answer") -> None:
        """`component` and `what` are the words of the journal; `lock`, what the processes of a machine share."""
        self.component = component
        self.is_on = False
        self._what = what
        self._shared = None if lock is None else FileLock(lock)
        self._is_spokesman = False
        self._began_at = 0.0
        self._asked_at = float("-inf")
        self._one_at_a_time = Lock()
        if self._shared is not None:
            weakref.finalize(self, self._shared.release)

    def began(self, reason: str) -> None:
        """Note that it is away; `reason` is a machine's word, which quotes nothing of a request."""
        with self._one_at_a_time:
            now = time.monotonic()
            if not self.is_on:
                self.is_on, self._began_at = True, now
            if self._is_spokesman or now < self._asked_at + ASKED_AGAIN_AFTER:
                return
            self._asked_at = now
            self._is_spokesman = self._may_speak()
            if self._is_spokesman:
                logger.warning("%s %s: %s", self.component, self._what, reason, extra={"component": self.component})

    def ended(self) -> None:
        """Note that it is there again."""
        with self._one_at_a_time:
            was_on, self.is_on = self.is_on, False
            if not (was_on and self._is_spokesman):
                return
            self._is_spokesman = False
            if self._shared is not None:
                self._shared.release()
            after = time.monotonic() - self._began_at
            logger.info("%s is back after %.1f s", self.component, after, extra={"component": self.component})

    def _may_speak(self) -> bool:
        """A folder that cannot be written in leaves each process to speak for itself."""
        if self._shared is None:
            return True
        try:
            with suppress(OSError):
                self._shared.take()
        except LockedElsewhere:
            return False
        return True
