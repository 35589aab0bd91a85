"""Limits on attempts: how long to wait after failures, and how often a thing may be asked for.

An attempt to log in counts as failed *before* it is verified, so that a burst of
guesses sent together cannot pass, and the count is taken back when it succeeds.
Waits are bounded, and the failures of others do not prolong them: nobody can lock a
professional out. Nothing here sleeps, and nothing lets an attempt pass because Redis
is away (StoreUnavailable is raised). docs/decisions, no permanent lock.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Final

from config.redis.connection import Script
from config.redis.store import Kind, Store
from config.redis.token_buckets import Bucket, Concerns, Taken, TokenBuckets
from config.settings import Settings

# Seconds until one more failure is free again.
ACCOUNT_EVERY: Final = 15.0
ADDRESS_EVERY: Final = 1.0
PREFIX_EVERY: Final = 0.25
DEVICE_EVERY: Final = 300.0

FAILURES_PER_DEVICE: Final = 10
SEEN_FOR: Final = timedelta(hours=1)
LONGEST_WAIT: Final = timedelta(seconds=30)

_AT_ONCE_PER_DEVICE: Final = 10
_DEVICE_EVERY: Final = 60.0


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Not now: in so many seconds (the Retry-After of a 429)."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A password that is about to be tried.

    `client` tells one browser or program from another at the same address. `device` is
    the browser's identifier if this account has logged in there before, and None
    otherwise (`idp/accounts/devices.py`).
    """

    login: str
    address: str
    client: str
    device: str | None = None


_ALLOW: Final = Script("""
local now, limit, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local first = redis.call('LINDEX', KEYS[1], limit - 1)
if first and tonumber(first) > now - window then return tostring(tonumber(first) + window - now) end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('PEXPIRE', KEYS[1], window * 1000)
return '0'
""")


class LoginThrottle:
    """The waits that failed logins cause.

    A browser that the account has logged in from has failures of its own, counted for
    this account and this browser: what happens elsewhere costs it nothing. Once they are
    spent, and for every other client, one rule holds, whoever is named: failures are
    counted on account and address together, on the account, on the address, and loosely
    on the network around it. The account's are counted apart for networks where nothing
    was tried on it lately: those who guess from a few networks do not keep its owner out
    of the others.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._buckets = TokenBuckets(
            store.link,
            longest_wait=settings.throttle_ceiling.total_seconds(),
            mark_kept=SEEN_FOR.total_seconds(),
        )
        self._settings = settings

    def reserve(self, attempt: Attempt, *, is_busy: Callable[[], bool]) -> Taken | RetryAfter:
        """Count an attempt as failed and let it be made, or say how long to wait, which counts nothing.

        `is_busy` says whether passwords already wait to be verified. Where a crowd has failed, nobody new waits
        with them: a flood would hold every thread.
        """
        account = _digest(attempt.login.strip().casefold())
        if attempt.device is not None:
            client = f"{Kind.THROTTLE}:device:{account}:{attempt.device}"
            own = Bucket(key=f"{client}:failures", at_once=FAILURES_PER_DEVICE, every=DEVICE_EVERY)
            taken = self._buckets.take([own], client=f"{client}:turn", mark=f"{client}:seen")
            if isinstance(taken, Taken):
                return taken
        one, prefix = places(attempt.address)
        answer = self._buckets.take(
            self._everyones(account, one, prefix),
            client=f"{Kind.THROTTLE}:turn:{_digest(attempt.client)}",
            mark=f"{Kind.THROTTLE}:seen:{account}:{prefix}",
        )
        if not isinstance(answer, Taken):
            return RetryAfter(ceil(answer))
        if answer.from_a_crowd and is_busy():
            self._buckets.give_back(answer, keeping_turn=True)
            return RetryAfter(1)
        return answer

    def take_back(self, reservation: Taken) -> None:
        """After a success, or when nothing was tried after all, the attempt does not count.

        Nothing else changes: how a stranger fares must not tell that the owner came.
        """
        self._buckets.give_back(reservation)

    def _everyones(self, account: str, address: str, prefix: str) -> list[Bucket]:
        settings, of = self._settings, f"{Kind.THROTTLE}:"
        return [
            Bucket(
                key=f"{of}pair:{account}:{address}",
                at_once=settings.failures_per_account_and_address,
                every=ACCOUNT_EVERY,
            ),
            Bucket(
                key=f"{of}account:{account}",
                at_once=settings.failures_per_account,
                every=ACCOUNT_EVERY,
                concerns=Concerns.SEEN,
            ),
            Bucket(
                key=f"{of}account-elsewhere:{account}",
                at_once=settings.failures_per_account,
                every=ACCOUNT_EVERY,
                concerns=Concerns.NOT_SEEN,
            ),
            Bucket(
                key=f"{of}address:{address}",
                at_once=settings.failures_per_address,
                every=ADDRESS_EVERY,
                is_place=True,
            ),
            Bucket(key=f"{of}prefix:{prefix}", at_once=settings.failures_per_prefix, every=PREFIX_EVERY, is_place=True),
        ]


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
        counted = f"{Kind.THROTTLE}:{name}:{_digest(key)}"
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
        of = f"{Kind.THROTTLE}:{name}:"
        if visit.device is not None:
            own = Bucket(key=f"{of}device:{visit.device}", at_once=_AT_ONCE_PER_DEVICE, every=_DEVICE_EVERY)
            if isinstance(self._buckets.take([own], client=f"{own.key}:turn"), Taken):
                return None
        one, prefix = places(visit.address)
        buckets = (
            Bucket(key=f"{of}address:{one}", at_once=at_once, every=every),
            Bucket(key=f"{of}prefix:{prefix}", at_once=4 * at_once, every=every / 4),
        )
        answer = self._buckets.take(buckets, client=f"{of}turn:{_digest(visit.client)}")
        return None if isinstance(answer, Taken) else RetryAfter(ceil(answer))


def _now() -> str:
    """Whole milliseconds: Lua would write a longer number back in another form."""
    return f"{time.time():.3f}"


def _digest(text: str) -> str:
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
