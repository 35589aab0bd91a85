"""Token buckets in Redis, with places reserved for clients that have waited.

A bucket allows a number of attempts at once, and regains one at a steady pace. When several buckets concern an attempt,
each must have one left. With plain buckets, the client that retries fastest would get every attempt that comes back. A
part of each bucket is therefore reserved for clients that have waited. The first refusal records the time of the
client's attempt, which attempts of others do not change. After the wait, the client draws from the reserved part.

One script does this in one round trip, so that no burst or race draws twice. A bucket is one number, the time at which
it is full again (generic cell rate algorithm). Nothing here sleeps, and no attempt passes when Redis is unavailable.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import ceil
from typing import Final

from config.redis.connection import RedisConnection
from config.redis.scripts import Script

RETURNS_WITHIN: Final = 60.0  # seconds after its wait in which a client must return


class Concerns(IntEnum):
    """The attempts that a bucket concerns. The value is the script's."""

    EVERYONE = 0
    SEEN = 1
    """Attempts whose mark exists: there was an attempt with it recently."""
    NOT_SEEN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """A bucket with `at_once` attempts, which regains one every `every` seconds.

    `is_place` marks the bucket of an address or a network: once half of its attempts are used, it is a crowd.
    """

    key: str
    at_once: int
    every: float
    concerns: Concerns = Concerns.EVERYONE
    is_place: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An attempt that was drawn; `give_back` undoes it.

    `from_a_crowd` means that half of the attempts of its place are used, and that the client has not waited.
    """

    buckets: tuple[Bucket, ...]
    client: str
    mark: str
    was_seen: bool
    from_a_crowd: bool = False


# KEYS: the client's turn, the mark, the buckets.
# ARGV: now, the longest wait, the lifetime of a turn beyond it, the lifetime of the mark,
# then for each bucket: every, at_once, the number of reserved places, concerns, is_place.
# The answer is the wait in seconds or, when the attempt was drawn, 'seen' or 'new', then 'crowd' or 'few'.
_TAKE: Final = Script("""
local now, longest, returns, marked = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local seen = KEYS[2] ~= '' and redis.call('EXISTS', KEYS[2]) or 0
local free_in, kept_in, drawn, crowd = 0, 0, {}, 'few'
for n = 3, #KEYS do
  local given = n * 5 - 10
  local every, at_once, kept = tonumber(ARGV[given]), tonumber(ARGV[given + 1]), tonumber(ARGV[given + 2])
  local concerns = ARGV[given + 3]
  if concerns == '0' or (concerns == '1') == (seen == 1) then
    local full_in, most = math.max(tonumber(redis.call('GET', KEYS[n]) or '0') - now, 0), (at_once + kept) * every
    if full_in > most then  -- the clock was set back: nobody is to wait until it has caught up
      full_in = most
      redis.call('SET', KEYS[n], string.format('%.3f', now + most), 'PX', math.ceil(most * 1000))
    end
    free_in = math.max(free_in, full_in - (at_once - 1) * every)
    kept_in = math.max(kept_in, full_in - (at_once + kept - 1) * every)
    if ARGV[given + 4] == '1' and full_in > at_once * every / 2 then crowd = 'crowd' end
    drawn[#drawn + 1] = {KEYS[n], full_in + every}
  end
end
if free_in > 0.001 or crowd == 'crowd' then
  local asked, times = string.match(redis.call('GET', KEYS[1]) or '', '^([%d.]+):(%d+)$')
  asked, times = tonumber(asked), tonumber(times or '0')
  if not asked or asked > now then asked = now end
  local turn_in = asked + math.min(longest, longest * (times + 1) / 3) - now
  if turn_in <= 0.001 then crowd = 'few' end
  local wait = free_in > 0.001 and math.max(kept_in, turn_in) or 0
  if wait <= 0.001 and turn_in <= 0.001 then asked, times = now, times + 1 end
  redis.call('SET', KEYS[1], string.format('%.3f:%d', asked, times), 'PX', math.ceil((longest + returns) * 1000))
  if wait > 0.001 then return string.format('%.3f', wait) end
end
for _, bucket in ipairs(drawn) do
  redis.call('SET', bucket[1], string.format('%.3f', now + bucket[2]), 'PX', math.ceil(bucket[2] * 1000))
end
if KEYS[2] ~= '' then redis.call('SET', KEYS[2], '', 'EX', marked) end
return (seen == 1 and 'seen ' or 'new ') .. crowd
""")

# KEYS: the client's turn, the mark when it was not there before (or nothing), the buckets. ARGV: now, then every.
_GIVE_BACK: Final = Script("""
redis.call('DEL', KEYS[1], KEYS[2])
for n = 3, #KEYS do
  local full_in = tonumber(redis.call('GET', KEYS[n]) or '0') - tonumber(ARGV[1]) - tonumber(ARGV[n - 1])
  if full_in > 0 then
    redis.call('SET', KEYS[n], string.format('%.3f', ARGV[1] + full_in), 'PX', math.ceil(full_in * 1000))
  else
    redis.call('DEL', KEYS[n])
  end
end
return 1
""")


class TokenBuckets:
    """Draws attempts from buckets. `longest_wait` is in seconds."""

    def __init__(self, link: RedisConnection, *, longest_wait: float, mark_kept: float = 1.0) -> None:
        """`mark_kept` is the lifetime of a mark, in seconds."""
        self._link = link
        self._longest_wait = longest_wait
        self._mark_kept = ceil(mark_kept)

    def take(self, buckets: Sequence[Bucket], *, client: str, mark: str = "") -> Taken | float:
        """Draw one attempt from each bucket that concerns it, or return the wait in seconds and draw nothing.

        `client` is the key of the browser or program; `mark` is the key that marks a later attempt as seen. A wait is
        at most the longest wait. A client that has waited then passes, even if others keep trying, unless more such
        clients return at once than there are reserved places: one for each `every` of the longest wait, at least one.
        """
        arguments: list[object] = [_now(), self._longest_wait, RETURNS_WITHIN, self._mark_kept]
        for bucket in buckets:
            kept = max(1, int(self._longest_wait / bucket.every))
            arguments += (bucket.every, bucket.at_once, kept, int(bucket.concerns), int(bucket.is_place))
        keys = (client, mark, *(bucket.key for bucket in buckets))
        answer = self._link.run(_TAKE, keys, tuple(arguments), repeatable=False)
        seen, _, crowd = answer.partition(b" ")
        if not crowd:
            return min(self._longest_wait, float(answer))
        was_seen = seen == b"seen"
        apart = Concerns.NOT_SEEN if was_seen else Concerns.SEEN
        concerned = tuple(bucket for bucket in buckets if bucket.concerns is not apart)
        return Taken(buckets=concerned, client=client, mark=mark, was_seen=was_seen, from_a_crowd=crowd == b"crowd")

    def give_back(self, taken: Taken, *, keeping_turn: bool = False) -> None:
        """Undo an attempt completely, so that the buckets do not show it.

        `keeping_turn` keeps the client's waiting time, for a client that must retry.
        """
        turn = "" if keeping_turn else taken.client
        keys = (turn, turn if taken.was_seen else taken.mark, *(bucket.key for bucket in taken.buckets))
        arguments = (_now(), *(bucket.every for bucket in taken.buckets))
        self._link.run(_GIVE_BACK, keys, arguments, repeatable=False)


def _now() -> str:
    return f"{time.time():.3f}"
