"""Rate limits: whether an attempt is allowed, and how long the client must wait otherwise.

Nothing here sleeps. When Redis is unavailable, no attempt passes: StoreUnavailable is raised. Waits are bounded, so
that nobody can lock a professional out (docs/decisions/no-permanent-lock.md).
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final

from config.redis.scripts import Script
from config.redis.store import SharedRecord, Store
from config.redis.token_buckets import Bucket, Taken, TokenBuckets

LONGEST_WAIT: Final = timedelta(seconds=30)

_AT_ONCE_PER_DEVICE: Final = 10
_DEVICE_EVERY: Final = 60.0


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """The attempt is refused; the client may retry in `seconds` (Retry-After of a 429 response)."""

    seconds: int


_ALLOW: Final = Script("""
local now, limit, window, count = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if count > limit then return tostring(window) end
local first = redis.call('LINDEX', KEYS[1], limit - count)
if first and tonumber(first) > now - window then return tostring(tonumber(first) + window - now) end
for _ = 1, count do redis.call('LPUSH', KEYS[1], ARGV[1]) end
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window * 1000)
return '0'
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The sender of a request. `client` distinguishes browsers at the same address.

    `device` identifies the browser if an account has logged in with it before.
    """

    address: str
    client: str
    device: str | None = None


class Throttle:
    """Applies named limits. `places` maps an address to the address and the network that are counted."""

    def __init__(self, store: Store) -> None:
        self._link = store.link
        self._buckets = TokenBuckets(store.link, longest_wait=LONGEST_WAIT.total_seconds())

    def allow(self, name: str, key: str, *, limit: int, window: timedelta, count: int = 1) -> RetryAfter | None:
        """Allow and count an attempt, or return the wait. A refused attempt is not counted. `key` is not an address.

        `count` attempts are allowed together or not at all; more than `limit` are always refused.
        """
        counted = f"{SharedRecord.THROTTLE}:{name}:{digest(key)}"
        answer = self._link.run(_ALLOW, (counted,), (_now(), limit, window.total_seconds(), count), repeatable=False)
        return None if answer == b"0" else RetryAfter(ceil(float(answer)))

    def allow_address(self, name: str, address: str, *, limit: int, window: timedelta) -> RetryAfter | None:
        """`allow`, for an IPv4 address or an IPv6 /64."""
        return self.allow(name, places(address)[0], limit=limit, window=window)

    def allow_network(self, name: str, address: str, *, limit: int, window: timedelta) -> RetryAfter | None:
        """`allow`, for an IPv4 /24 or an IPv6 /48."""
        return self.allow(name, places(address)[1], limit=limit, window=window)

    def admit(self, name: str, visit: Visit, *, at_once: int, every: float) -> RetryAfter | None:
        """Admit a request of a stranger, or return the wait: at most LONGEST_WAIT, or `every` if that is longer.

        An address has `at_once` requests, then one every `every` seconds; its network has four times as many. Clients
        that have waited come before clients that keep retrying. A browser with which an account has logged in has
        requests of its own, so that its neighbours do not slow it down.
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
    """The time in seconds, with milliseconds: Lua would write a longer number in another form."""
    return f"{time.time():.3f}"


def digest(text: str) -> str:
    """A key of fixed length for any text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@lru_cache(maxsize=4096)
def places(address: str) -> tuple[str, str]:
    """The address and the network to count.

    A subscriber has an IPv6 /64, and may have a /48: they count like an IPv4 address and its /24. All invalid
    addresses count as one.
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
