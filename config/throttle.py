"""Limits on attempts: how long to wait after failures, and how often a thing may be asked for.

An attempt to log in counts as failed *before* it is verified, so that a burst of
guesses sent together cannot pass, and the count is taken back when it succeeds.
Waits grow and are bounded: nobody can lock a professional out. Nothing here sleeps,
and nothing lets an attempt pass because Redis is away (StoreUnavailable is raised).

Each of these is one Lua script and one round trip. A scope is a list of the times of
its last failures, newest first, no longer than what makes the longest wait.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil, log2
from typing import Final

from config.redis_link import Script
from config.settings import Settings
from config.store import Kind, Store

KNOWN_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: in so many seconds (the Retry-After of a 429)."""

    seconds: int


# KEYS: the address known for this account, then the scopes: account and address, account, address, prefix.
# ARGV: now, window, ceiling, the length to keep beyond the free failures, then each scope's free failures.
# The answer is the wait, and 0 when the attempt may be made and has been counted.
_RESERVE: Final = Script("""
local now, window, ceiling, spare = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local known = redis.call('EXISTS', KEYS[1]) == 1
local wait, blameless = 0, false
for scope = 2, #KEYS do
  local key, free = KEYS[scope], tonumber(ARGV[scope + 3])
  local oldest = redis.call('LINDEX', key, -1)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('RPOP', key)
    oldest = redis.call('LINDEX', key, -1)
  end
  local failures = redis.call('LLEN', key)
  if scope == 2 then blameless = known and failures == 0 end
  local concerned = scope == 2 or not (known and scope == 3 or blameless)
  if concerned and failures >= free then
    local newest = tonumber(redis.call('LINDEX', key, 0))
    if newest > now then  -- the clock was set back: nobody is to wait until it has caught up
      redis.call('LSET', key, 0, ARGV[1])
      newest = now
    end
    wait = math.max(wait, newest + math.min(ceiling, 2 ^ (failures - free)) - now)
  end
end
if wait > 0 then return tostring(wait) end
for scope = 2, #KEYS do
  if not (known and scope == 3) then
    redis.call('LPUSH', KEYS[scope], ARGV[1])
    redis.call('LTRIM', KEYS[scope], 0, tonumber(ARGV[scope + 3]) + spare)
    redis.call('PEXPIRE', KEYS[scope], window * 1000)
  end
end
return '0'
""")

# The keys are the same. ARGV: how long the address is known for, in milliseconds.
_SUCCEEDED: Final = Script("""
local known = redis.call('EXISTS', KEYS[1]) == 1
redis.call('DEL', KEYS[2])
if not known then redis.call('LPOP', KEYS[3]) end
redis.call('LPOP', KEYS[4])
redis.call('LPOP', KEYS[5])
redis.call('SET', KEYS[1], '', 'PX', ARGV[1])
return 1
""")

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
    """The waits that failed logins cause (docs/decisions, no permanent lock).

    Failures are counted tightly on account and address together, on the account from
    addresses it never logged in from, on the address, and loosely on the network around it.
    An address the account has logged in from skips the second, so that strangers cannot
    slow its owner down; and as long as it has not failed there, the last two as well, so that
    a colleague's failures, or a whole hospital's, do not cost it its first try.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self._link = store.link
        ceiling = settings.throttle_ceiling.total_seconds()
        self._rules = (
            settings.throttle_window.total_seconds(),
            ceiling,
            ceil(log2(max(ceiling, 1))),
            settings.failures_per_account_and_address,
            settings.failures_per_account,
            settings.failures_per_address,
            settings.failures_per_prefix,
        )

    def reserve(self, *, login: str, address: str) -> Wait | None:
        """Count an attempt as failed and let it be made, or say how long to wait, which counts nothing."""
        answer = self._link.run(_RESERVE, _scopes(login, address), (_now(), *self._rules), repeatable=False)
        return None if answer == b"0" else Wait(ceil(float(answer)))

    def succeeded(self, *, login: str, address: str) -> None:
        """Take the reservation back, forget this account's failures from here, and know the address from now on."""
        lasting = int(KNOWN_FOR.total_seconds() * 1000)
        self._link.run(_SUCCEEDED, _scopes(login, address), (lasting,), repeatable=False)


class Throttle:
    """Named limits: so many in any window of this length."""

    def __init__(self, store: Store) -> None:
        self._link = store.link

    def allow(self, name: str, key: str, *, limit: int, window: timedelta) -> Wait | None:
        """Count one more and allow it, or say how long to wait, which counts nothing."""
        counted = f"{Kind.THROTTLE}:{name}:{_digest(key)}"
        answer = self._link.run(_ALLOW, (counted,), (_now(), limit, window.total_seconds()), repeatable=False)
        return None if answer == b"0" else Wait(ceil(float(answer)))


def _now() -> str:
    """Whole milliseconds: Lua would write a longer number back in another form."""
    return f"{time.time():.3f}"


def _scopes(login: str, address: str) -> tuple[str, str, str, str, str]:
    one, prefix = places(address)
    account = _digest(login.strip().casefold())
    return (
        f"{Kind.KNOWN}:{account}:{one}",
        f"{Kind.THROTTLE}:pair:{account}:{one}",
        f"{Kind.THROTTLE}:account:{account}",
        f"{Kind.THROTTLE}:address:{one}",
        f"{Kind.THROTTLE}:prefix:{prefix}",
    )


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
