"""How much of the processor's cache is left to us: what decides a comparison as much as what is compared.

A floor that is mostly RSA runs in the first few kilobytes of cache, whatever the machine does else. A request in Python
walks through megabytes, and where they do not stay in the cache that the processor's cores share, each step waits for
memory. On a virtual machine others take that cache as they please: the same code then costs up to twice as much.
"""

import random
import time
from array import array
from itertools import pairwise

SMALL, LARGE = 256 * 1024, 6 * 1024 * 1024
"""Octets: what stays in a core's own cache, and what a few requests in hand walk through."""

_LINE = 64
_WORDS_A_LINE = 8
_STEPS = 50_000


class MemoryWalk:
    """A walk from line to line, none foreseen, so that each step waits for the one before."""

    def __init__(self) -> None:
        self._small, self._large = _ring(SMALL), _ring(LARGE)

    def slowdown(self) -> float:
        """What a step through the large costs, in times one through the small: about 1.5 when the cache is ours."""
        return _step(self._large) / _step(self._small)


def _ring(octets: int) -> "array[int]":
    order = list(range(0, octets // _LINE * _WORDS_A_LINE, _WORDS_A_LINE))
    random.Random(1).shuffle(order)  # noqa: S311 - the same each time
    ring = array("Q", bytes(octets))
    for here, there in pairwise([*order, order[0]]):
        ring[here] = there
    return ring


def _step(ring: "array[int]") -> float:
    """Seconds a step, once round has brought in what can be kept."""
    at = 0
    for _ in range(len(ring) // _WORDS_A_LINE):
        at = ring[at]
    began = time.perf_counter()
    for _ in range(_STEPS):
        at = ring[at]
    return (time.perf_counter() - began) / _STEPS
