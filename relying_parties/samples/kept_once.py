"""What is kept for a while and given back once: requests that await their answer, identifiers already seen.

In this process's memory, like the sessions. The oldest goes first, so that
strangers cannot fill it.
"""

import time
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

MOST_KEPT = 10_000

T = TypeVar("T")


class KeptOnce(Generic[T]):
    """Things by name, each for its own while."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = Lock()

    def add(self, name: str, thing: T, *, seconds: float) -> bool:
        """Keep `thing` under `name`; False when something is kept under that name already."""
        now = time.time()
        with self._lock:
            if name in self._kept and self._kept[name][0] > now:
                return False
            self._kept[name] = (now + seconds, thing)
            self._kept.move_to_end(name)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return True

    def holds(self, name: str) -> bool:
        """Is something kept under `name`?"""
        with self._lock:
            return name in self._kept and self._kept[name][0] > time.time()

    def take(self, name: str) -> T | None:
        """What was kept under `name`, which is then kept no longer."""
        with self._lock:
            until, thing = self._kept.pop(name, (0.0, None))
        return thing if until > time.time() else None
