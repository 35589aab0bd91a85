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

BURST: Final = 200
REFILL_PER_SECOND: Final = 20.0
_MOST_BUCKETS = 4096  # addresses and applications; those heard of last

Sender = tuple[str, str]


class ForgeryLimit:
    """How many forged messages each address may still send in the name of each application. `clock`: in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[Sender, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def guard(self, application: Application, address: str) -> Iterator[None]:
        """Around the verification of a signature: it counts as forged unless it comes to its end.

        Raises:
            TooManyRequests: too many forged ones have come from there.
        """
        sender = (places(address)[0], application.identifier)
        with self._lock:
            tokens = self._tokens(sender)
            if tokens < 1:
                raise TooManyRequests(retry_after=1)
            self._store(sender, tokens - 1)
        yield
        with self._lock:
            self._store(sender, min(self._tokens(sender) + 1, BURST))

    def _tokens(self, sender: Sender) -> float:
        tokens, at = self._buckets.get(sender, (float(BURST), self._clock()))
        return min(tokens + (self._clock() - at) * REFILL_PER_SECOND, float(BURST))

    def _store(self, sender: Sender, tokens: float) -> None:
        self._buckets[sender] = (tokens, self._clock())
        self._buckets.move_to_end(sender)
        while len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
