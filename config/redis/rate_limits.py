"""Limits on attempts: how often a thing may be asked for, and how long to wait for the next time.

Nothing here sleeps, and no attempt passes because Redis is away: StoreUnavailable
is raised. Waits are bounded: nobody can lock a professional out (docs/decisions,
no permanent lock).
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final

from config.redis.connection import Script
from config.redis.store import SharedRecord, Store
from config.redis.token_buckets import Bucket, Taken, TokenBuckets

LONGEST_WAIT: Final = timedelta(seconds=30)

_AT_ONCE_PER_DEVICE: Final = 10
_DEVICE_EVERY: Final = 60.0


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Not now: in so many seconds (the Retry-After of a 429)."""

    seconds: int


_ALLOW: Final = Script("""
local now, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = redis.call('LINDEX', KEYS[1], limit - 1)
if first and tonumber(first) > now - window then return tostring(tonumber(first) + window - now) end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window * 1000)
return '0'
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who asks for something: `client` tells one browser from another at the same address.

    `device` is the browser's identifier if any account has logged in there before.
    """

    address: str
    client: str
    device: str | None = None


class Throttle:
    """Named limits. An address counts as `places` says, whichever limit it is for."""

    def __init__(self, store: Store) -> None:
        self._link = store.link
        self._buckets = TokenBuckets(store.link, longest_wait=LONGEST_WAIT.total_seconds())

    def allow(self, name: str, key: str, *, limit: int, window: timedelta) -> RetryAfter | None:
        """Count one more and allow it, or say how long to wait, which counts nothing. `key` is not an address."""
        counted = f"{SharedRecord.THROTTLE}:{name}:{digest(key)}"
        answer = self._link.run(_ALLOW, (counted,), (_now(), limit, window.total_seconds()), repeatable=False)
        return None if answer == b"0" else RetryAfter(ceil(float(answer)))

    def allow_address(self, name: str, address: str, *, limit: int, window: timedelta) -> RetryAfter | None:
        """The same for one address or IPv6 /64."""
        return self.allow(name, places(address)[0], limit=limit, window=window)

    def allow_network(self, name: str, address: str, *, limit: int, window: timedelta) -> RetryAfter | None:
        """The same for an IPv4 /24 or IPv6 /48."""
        return self.allow(name, places(address)[1], limit=limit, window=window)

    def admit(self, name: str, visit: Visit, *, at_once: int, every: float) -> RetryAfter | None:
        """Let a stranger's request pass, or say how long to wait: never longer than LONGEST_WAIT.

        An address has `at_once`, then one each `every` seconds, and the network around it four times as
        much. It slows down rather than closing: who has waited comes before who hammers. A browser that some
        account has logged in from has an allowance of its own, so that no neighbour concerns it.
        """
        of = f"{SharedRecord.THROTTLE}:{name}:"
        if visit.device is not None:
            own = Bucket(key=f"{of}device:{visit.device}", at_once=_AT_ONCE_PER_DEVICE, every=_DEVICE_EVERY)
            if isinstance(self._buckets.take([own], client=f"{own.key}:turn"), Taken):
                return None
        one, prefix = places(visit.address)
        buckets = (
            Bucket(key=f"{of}address:{one}", at_once=at_once, every=every),
            Bucket(key=f"{of}prefix:{prefix}", at_once=4 * at_once, every=every / 4),
        )
        answer = self._buckets.take(buckets, client=f"{of}turn:{digest(visit.client)}")
        return None if isinstance(answer, Taken) else RetryAfter(ceil(answer))


def _now() -> str:
    """Whole milliseconds: Lua would write a longer number back in another form."""
    return f"{time.time():.3f}"


def digest(text: str) -> str:
    """A name of bounded length, whatever was typed."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=4096)
def places(address: str) -> tuple[str, str]:
    """What counts as one address, and the network around it.

    A subscriber is given a whole IPv6 /64, and can be given a /48: they count as
    the IPv4 address and its /24 do. What is no address at all is one place.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown", "unknown"
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found), 64), strict=False)), str(ip_network((int(found), 48), strict=False))
    return str(found), str(ip_network((int(found), 24), strict=False))
