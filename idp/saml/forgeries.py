"""Limits how often one address may send messages with a wrong signature in the name of one application.

Anyone who knows an entityID can send such messages, and each costs CPU before it is
known to be forged. They are counted in this process, without Redis; a genuine message
is not counted. The allowance refills every second, so that others at the attacker's
address wait no longer than that.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from werkzeug.exceptions import TooManyRequests

from config.redis.rate_limits import places
from relying_parties.registry.application import Application

AT_ONCE: Final = 200
A_SECOND: Final = 20.0
_KEPT = 4096  # addresses and applications; those heard of last

Place = tuple[str, str]


class Forgeries:
    """How many forged messages each address may still send in the name of each application. `clock`: in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: OrderedDict[Place, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def counted(self, application: Application, address: str) -> Iterator[None]:
        """Around the verification of a signature: it counts as forged unless it comes to its end.

        Raises:
            TooManyRequests: too many forged ones have come from there.
        """
        place = (places(address)[0], application.identifier)
        with self._lock:
            left = self._now(place)
            if left < 1:
                raise TooManyRequests(retry_after=1)
            self._keep(place, left - 1)
        yield
        with self._lock:
            self._keep(place, min(self._now(place) + 1, AT_ONCE))

    def _now(self, place: Place) -> float:
        left, at = self._left.get(place, (float(AT_ONCE), self._clock()))
        return min(left + (self._clock() - at) * A_SECOND, float(AT_ONCE))

    def _keep(self, place: Place, left: float) -> None:
        self._left[place] = (left, self._clock())
        self._left.move_to_end(place)
        while len(self._left) > _KEPT:
            self._left.popitem(last=False)
