"""Records that may be forgotten, kept in Redis: sessions, drafts, one-time tokens, counters.

The operations that matter are `take` and `redeem`: what is good once is read and
spent as a single act, so that it is good once even when many requests race for it.
Every operation is one round trip. A record says when it expires, and it is our
clock that decides; Redis's own expiry only collects what has lapsed.

How the server is reached is in `connection.py`, which one it is in `servers.py`, the
Lua in `scripts.py`, limits on attempts in `rate_limits.py`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, StrEnum
from hashlib import sha256
from json import JSONDecoder, JSONEncoder
from typing import Any, Self

import redis

from config.common_settings import CommonSettings
from config.redis import scripts as scripts
from config.redis.connection import RedisConnection, RefusedByRedis, Script, StoreUnavailable
from config.redis.servers import link_of

__all__ = [
    "Put", "Record", "RecordKind", "Redeemed", "RefusedByRedis", "Replayed", "Script", "SharedRecord", "Store",
    "StoreUnavailable", "Unknown", "Written", "fingerprint",
]  # fmt: skip

Record = dict[str, Any]
"""What is kept under one key: JSON values, and `expires_at` (seconds since 1970) once it has been stored."""


class RecordKind(StrEnum):
    """What a record is; its key is `kind:identifier`. It has no members: a service's own enum derives from it."""


class SharedRecord(RecordKind):
    """What `config` keeps in the store of every service."""

    THROTTLE = "throttle"
    CHANNEL = "bell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """One record of several written together; with `field`, into the hash kept under that key.

    `redeemable`: it is for `redeem`. Where the Redis primary may be replaced, it is good only for as long as it is not.
    """

    kind: RecordKind
    identifier: str
    value: Record
    lifetime: timedelta
    field: str | None = None
    redeemable: bool = False


class Written(Enum):
    """Whether records were written together; the values are those of the script."""

    ALL = 1
    GUARD_MISSING = 0
    """No record was written: one of `while_exist` is missing or has expired."""
    DUPLICATE = -1
    """No record was written: the one that had to be new exists already."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """It was good, and is spent from now on."""

    value: Record


@dataclass(frozen=True, slots=True)
class Replayed:
    """It was spent before, by the same client.

    `value` keeps its `client_id`, the `grant` to revoke, and whose it was: `account` and `sid`, where it had them.
    """

    value: Record


@dataclass(frozen=True, slots=True)
class Unknown:
    """Never heard of, expired, another client's, or issued before the Redis primary was replaced."""


def fingerprint(secret: str) -> str:
    """What we keep of a secret that a client holds, so that reading the store gives nobody a session."""
    return sha256(secret.encode()).hexdigest()


class Store:
    """The named operations on what may be forgotten. Any of them may raise StoreUnavailable."""

    def __init__(self, server: redis.Redis | RedisConnection) -> None:
        self.link = server if isinstance(server, RedisConnection) else RedisConnection(server.connection_pool)

    @classmethod
    def of(cls, settings: CommonSettings) -> Self:
        """The store of this installation: the servers that the settings name, else the private one."""
        return cls(link_of(settings))

    # --- one record ----------------------------------------------------------------

    def put(self, kind: RecordKind, identifier: str, value: Record, *, lifetime: timedelta) -> None:
        """Write a record, over the one that may be there."""
        text, milliseconds = _written(value, lifetime)
        self.link.execute("SET", _key(kind, identifier), text, "PX", milliseconds, repeatable=True)

    def put_new(self, kind: RecordKind, identifier: str, value: Record, *, lifetime: timedelta) -> bool:
        """Write a record unless there is one."""
        text, milliseconds = _written(value, lifetime)
        answer = self.link.execute(
            "SET", _key(kind, identifier), text, "PX", milliseconds, "NX", repeatable=False, lasting=True
        )
        return answer is not None

    def get(self, kind: RecordKind, identifier: str) -> Record | None:
        """The record, unless it has expired or is spent."""
        return _read(self.link.execute("GET", _key(kind, identifier), repeatable=True))

    def get_many(self, *names: tuple[RecordKind, str]) -> list[Record | None]:
        """As many answers of `get`, in order."""
        return [_read(text) for text in self.link.execute("MGET", *_keys(names), repeatable=True)] if names else []

    def take(self, kind: RecordKind, identifier: str) -> Record | None:
        """Read and delete in one act: of any number of callers, one gets it."""
        return _read(self.link.execute("GETDEL", _key(kind, identifier), repeatable=False, lasting=True))

    def replace(
        self, kind: RecordKind, identifier: str, old: Record, new: Record, *, lifetime: timedelta | None = None
    ) -> bool:
        """Write `new` if what is there is still `old`, as `get` gave it. Without `lifetime` the expiry stays."""
        if old["expires_at"] <= time.time():
            return False
        seen = _text(old, old["expires_at"])
        if lifetime is None:
            arguments: tuple[Any, ...] = (seen, _text(new, old["expires_at"]), "")
        else:
            arguments = (seen, *_written(new, lifetime))
        keys = (_key(kind, identifier),)
        return bool(self.link.run(scripts.REPLACE, keys, arguments, repeatable=False, lasting=True))

    def delete(self, *names: tuple[RecordKind, str]) -> None:
        """Forget these, whether they are there or not."""
        if names:
            self.link.execute("DEL", *_keys(names), repeatable=True, lasting=True)

    # --- several at once -----------------------------------------------------------

    def put_all(self, puts: Sequence[Put], *, while_exist: Sequence[tuple[RecordKind, str]] = ()) -> bool:
        """Write them all as one act, or none when a record that `while_exist` names is gone or has expired."""
        return self._put_all("", puts, while_exist, repeatable=True) is Written.ALL

    def put_all_once(
        self, new: Put, puts: Sequence[Put], *, while_exist: Sequence[tuple[RecordKind, str]] = ()
    ) -> Written:
        """The same and a record that is not there yet: of any number of callers with the same `new`, one writes."""
        return self._put_all("new", [new, *puts], while_exist, repeatable=False)

    def _put_all(
        self, first: str, puts: Sequence[Put], while_exist: Sequence[tuple[RecordKind, str]], *, repeatable: bool
    ) -> Written:
        keys = [_key(put.kind, put.identifier) for put in puts] + _keys(while_exist)
        arguments: list[Any] = [time.time(), first]
        for put in puts:
            text, milliseconds = _written(put.value, put.lifetime)
            has_history = put.redeemable and self.link.fails_over
            arguments += (put.field or "", milliseconds, text, "history" if has_history else "")
        once = not repeatable
        return Written(
            self.link.run(scripts.PUT_ALL, tuple(keys), tuple(arguments), repeatable=repeatable, lasting=once)
        )

    def fields(self, kind: RecordKind, identifier: str) -> dict[str, Record]:
        """The records of a hash that have not expired, by field."""
        answer = self.link.execute("HGETALL", _key(kind, identifier), repeatable=True)
        pairs = zip(answer[::2], answer[1::2], strict=True)
        return {field.decode(): record for field, text in pairs if (record := _read(text)) is not None}

    def get_chain(
        self,
        kind: RecordKind,
        identifier: str,
        *,
        through: Sequence[tuple[RecordKind, str]],
    ) -> list[Record | None]:
        """A record, then for each step the record of that kind that the named field points to.

        The field is looked for in the record just found, then in those before it.
        """
        steps = tuple(word for step in through for word in step)
        return [
            _read(text) for text in self.link.run(scripts.GET_CHAIN, (_key(kind, identifier),), steps, repeatable=True)
        ]

    # --- once ------------------------------------------------------------------------

    def redeem(
        self, kind: RecordKind, identifier: str, *, by: str, tombstone: timedelta
    ) -> Redeemed | Replayed | Unknown:
        """Spend a record whose `client_id` is `by`: of any number of callers, one gets `Redeemed`.

        It must have been written as `redeemable`, or the loss of a Redis primary may make it good once more.
        Who may spend it is looked at first, so that another client neither spends it nor
        learns that it exists. For as long as `tombstone`, which must outlast what is issued
        for it, a second attempt by that client is `Replayed` and says which grant to revoke.
        """
        now = time.time()
        expiry, milliseconds = f"{now + tombstone.total_seconds():.3f}", _milliseconds(tombstone)
        keys = (_key(kind, identifier),)
        text = self.link.run(scripts.REDEEM, keys, (by, now, expiry, milliseconds), repeatable=False, lasting=True)
        if text is None:
            return Unknown()
        if text[:1] == b"!":
            return Replayed(_parsed(text[1:]))
        return Redeemed(_parsed(text))

    def add_once(self, kind: RecordKind, identifier: str, *, lifetime: timedelta) -> bool:
        """Remember this identifier; False if it was remembered already."""
        return self.put_new(kind, identifier, {}, lifetime=lifetime)

    # --- waking who waits ------------------------------------------------------------

    def notify(self, name: str) -> None:
        """Wake a process that waits on this channel, or the next one to wait; many at once wake it once or twice."""
        self.link.execute("LPUSH", key := _key(SharedRecord.CHANNEL, name), "", repeatable=True)
        self.link.execute("LTRIM", key, 0, 0, repeatable=True)

    def wait_for_notification(self, name: str, *, at_most: timedelta) -> bool:
        """Wait on this channel, on a connection of its own; False if no notification came in that time."""
        seconds = max(at_most.total_seconds(), 0.01)  # to Redis 0 is for ever, and 0.001 is rounded to 0
        key = _key(SharedRecord.CHANNEL, name)
        return self.link.execute("BLPOP", key, seconds, repeatable=True, within=seconds + 5) is not None

    def ping(self) -> None:
        """Return if Redis answers."""
        self.link.execute("PING", repeatable=True)


_encode = JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
_decode = JSONDecoder().raw_decode


def _key(kind: RecordKind, identifier: str) -> str:
    return kind + ":" + identifier


def _keys(names: Sequence[tuple[RecordKind, str]]) -> list[str]:
    return [kind + ":" + identifier for kind, identifier in names]


def _milliseconds(lifetime: timedelta) -> int:
    return max(1, int(lifetime.total_seconds() * 1000))


def _written(value: Record, lifetime: timedelta) -> tuple[str, int]:
    """The text of a record, and how long Redis keeps it."""
    seconds = lifetime.total_seconds()
    return _text(value, time.time() + seconds), max(1, int(seconds * 1000))


def _text(value: Record, expires_at: float) -> str:
    if "expires_at" in value:
        value = {name: item for name, item in value.items() if name != "expires_at"}
    rest = _encode(value)[1:]
    return f'{{"expires_at":{expires_at:.3f}{"," if value else ""}{rest}'


def _parsed(text: bytes) -> Record:
    """What `json.loads` gives, without its search for an encoding and for spaces that we never write."""
    record: Record = _decode(text.decode())[0]
    return record


def _read(text: bytes | None) -> Record | None:
    if text is None or text[:1] != b"{":
        return None
    record = _parsed(text)
    return record if record["expires_at"] > time.time() else None
