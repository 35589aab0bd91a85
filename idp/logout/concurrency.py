"""Limits on what waits for applications' servers, so that one slow server delays nobody else."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Lock
from typing import Final

from config.jobs import Postponed

SLOW_AFTER: Final = 0.5  # seconds
SOON, LATER = timedelta(seconds=0.1), timedelta(seconds=3)


class WaitingSlots:
    """Limits how many pages wait for responses. One page more replaces the page that has waited longest."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def slot(self) -> Iterator[Event]:
        """Hold a slot during the block. The event is set when another page has taken the slot."""
        taken = Event()
        with self._lock:
            self._waiting.append(taken)
            if len(self._waiting) > self._number:
                self._waiting.popleft().set()
        try:
            yield taken
        finally:
            with self._lock:
                if taken in self._waiting:
                    self._waiting.remove(taken)


class CallLimit:
    """Limits the simultaneous calls to each application, however many notifications it is due."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._begun: dict[str, list[float]] = {}
        self._lock = Lock()

    @contextmanager
    def call(self, application: str) -> Iterator[None]:
        """Count a call to the application during the block.

        Raises:
            Postponed: the application has the most calls already; for longer when its server is slow.
        """
        now = time.monotonic()
        with self._lock:
            begun = self._begun.setdefault(application, [])
            if len(begun) >= self._most:
                raise Postponed(LATER if now - begun[0] > SLOW_AFTER else SOON)
            begun.append(now)
        try:
            yield
        finally:
            with self._lock:
                begun.remove(now)
                if not begun:
                    self._begun.pop(application, None)
