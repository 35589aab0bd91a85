"""Values that are stored for a while and taken once: requests that await an answer, identifiers already used.

They are in the memory of this process, like the sessions. When there are too many,
the oldest is dropped, so that strangers cannot fill the memory.
"""

import time
from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

MOST_VALUES = 10_000

T = TypeVar("T")


class OneTimeStore(Generic[T]):
    """Values by name, each with its own lifetime in seconds."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = Lock()

    def add(self, name: str, value: T, *, seconds: float) -> bool:
        """Store `value` under `name`; False when that name has a value already."""
        now = time.time()
        with self._lock:
            if name in self._values and self._values[name][0] > now:
                return False
            self._values[name] = (now + seconds, value)
            self._values.move_to_end(name)
            while len(self._values) > MOST_VALUES:
                self._values.popitem(last=False)
        return True

    def has(self, name: str) -> bool:
        with self._lock:
            return name in self._values and self._values[name][0] > time.time()

    def take(self, name: str) -> T | None:
        """Remove and return the value under `name`; None when there is none, or it has expired."""
        with self._lock:
            until, value = self._values.pop(name, (0.0, None))
        return value if until > time.time() else None
