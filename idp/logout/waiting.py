"""How much may wait for applications' servers at once, so that one that says nothing keeps nobody else waiting."""

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


class Places:
    """Pages that wait for an answer: so many at once. One more takes the place of the one that has waited longest."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._waiting: deque[Event] = deque()
        self._lock = Lock()

    @contextmanager
    def one(self) -> Iterator[Event]:
        """A place for as long as the block lasts; the event is set when it has been given to another."""
        given_away = Event()
        with self._lock:
            self._waiting.append(given_away)
            if len(self._waiting) > self._number:
                self._waiting.popleft().set()
        try:
            yield given_away
        finally:
            with self._lock:
                if given_away in self._waiting:
                    self._waiting.remove(given_away)


class CallsAtOnce:
    """Calls to one application: so many at once, whatever is still to be told to it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._begun: dict[str, list[float]] = {}
        self._lock = Lock()

    @contextmanager
    def to(self, application: str) -> Iterator[None]:
        """Call it within the block.

        Raises:
            Postponed: there are enough calls to it; soon when they are young, later when it is slow to answer.
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
