"""Limits how many messages with a wrong signature one network may send in the name of one application.

Anyone who knows an entityID can send such messages, and each costs CPU before the signature is known to be wrong. This
process counts them, without Redis; genuine messages do not count. The allowance refills continuously, so other people
at the attacker's network wait at most one second.
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

BURST: Final = 200  # messages
REFILL_PER_SECOND: Final = 20.0  # messages
_MOST_BUCKETS = 4096  # the senders seen last

Sender = tuple[str, str]  # network of the address, identifier of the application


class ForgeryLimit:
    """A token bucket for each sender of forged messages. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[Sender, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def guard(self, application: Application, address: str) -> Iterator[None]:
        """Verify a signature in this context. The message counts as forged if the block raises.

        Raises:
            TooManyRequests: the sender has sent too many forged messages.
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
