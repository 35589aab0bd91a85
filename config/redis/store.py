"""Temporary records in Redis: sessions, drafts, one-time tokens, counters.

`take` and `redeem` read and spend a one-time record atomically, so that only one of
several racing requests succeeds. Every operation is one round trip. A record has an
expiry, which our clock decides; Redis's own expiry only frees the memory.
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
from config.redis import scripts
from config.redis.connection import RedisConnection, RefusedByRedis, StoreUnavailable
from config.redis.servers import link_of

__all__ = [
    "Put", "Record", "RecordKind", "Redeemed", "RefusedByRedis", "Replayed", "SharedRecord", "Store",
    "StoreUnavailable", "Unknown", "Written", "fingerprint",
]  # fmt: skip

Record = dict[str, Any]
"""The value of a key: JSON values, and `expires_at` (seconds since 1970) once it is stored."""


class RecordKind(StrEnum):
    """The kind of a record; its key is `kind:identifier`. A service's own enum derives from it."""


class SharedRecord(RecordKind):
    """The kinds of record that `config` stores for every service."""

    THROTTLE = "throttle"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """One of several records that are written together; with `field`, as a field of the hash at that key.

    `redeemable` marks a record for `redeem`. Where a failover is possible, it ends with the replication history.
    """

    kind: RecordKind
    identifier: str
    value: Record
    lifetime: timedelta
    field: str | None = None
    redeemable: bool = False


class Written(Enum):
    """The result of writing several records. The values are those of the script."""

    ALL = 1
    GUARD_MISSING = 0
    """No record was written: a record of `while_exist` is missing or has expired."""
    DUPLICATE = -1
    """No record was written: the new record exists already."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The record was valid, and is now spent."""

    value: Record


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same client has spent the record before.

    `value` has its `client_id`, the `grant` to revoke, and its `account` and `sid` if it had them.
    """

    value: Record


@dataclass(frozen=True, slots=True)
class Unknown:
    """The record never existed, has expired, belongs to another client, or was issued before a failover."""


def fingerprint(secret: str) -> str:
    """The hash that we store of a client's secret, so that reading the store opens no session."""
    return sha256(secret.encode()).hexdigest()


class Store:
    """The operations on records. Each may raise StoreUnavailable."""

    def __init__(self, server: redis.Redis | RedisConnection) -> None:
        self.link = server if isinstance(server, RedisConnection) else RedisConnection(server.connection_pool)

    @classmethod
    def of(cls, settings: CommonSettings) -> Self:
        """The store of this installation (`link_of`)."""
        return cls(link_of(settings))

    # --- one record ----------------------------------------------------------------

    def put(self, kind: RecordKind, identifier: str, value: Record, *, lifetime: timedelta) -> None:
        """Write a record, replacing an earlier one."""
        text, milliseconds = _written(value, lifetime)
        self.link.execute("SET", _key(kind, identifier), text, "PX", milliseconds, repeatable=True)

    def put_new(self, kind: RecordKind, identifier: str, value: Record, *, lifetime: timedelta) -> bool:
        """Write a record if there is none; return whether it was written."""
        text, milliseconds = _written(value, lifetime)
        answer = self.link.execute(
            "SET", _key(kind, identifier), text, "PX", milliseconds, "NX", repeatable=False, lasting=True
        )
        return answer is not None

    def get(self, kind: RecordKind, identifier: str) -> Record | None:
        """The record; None if it is missing, expired or redeemed."""
        return _read(self.link.execute("GET", _key(kind, identifier), repeatable=True))

    def get_many(self, *names: tuple[RecordKind, str]) -> list[Record | None]:
        """The result of `get` for each name, in order."""
        return [_read(text) for text in self.link.execute("MGET", *_keys(names), repeatable=True)] if names else []

    def take(self, kind: RecordKind, identifier: str) -> Record | None:
        """Read and delete the record atomically: only one of several callers gets it."""
        return _read(self.link.execute("GETDEL", _key(kind, identifier), repeatable=False, lasting=True))

    def replace(
        self, kind: RecordKind, identifier: str, old: Record, new: Record, *, lifetime: timedelta | None = None
    ) -> bool:
        """Write `new` if the record still equals `old`, as `get` returned it. Without `lifetime`, the expiry stays."""
        if old["expires_at"] <= time.time():
            return False
        expected = _text(old, old["expires_at"])
        if lifetime is None:
            arguments: tuple[Any, ...] = (expected, _text(new, old["expires_at"]), "")
        else:
            arguments = (expected, *_written(new, lifetime))
        keys = (_key(kind, identifier),)
        return bool(self.link.run(scripts.REPLACE, keys, arguments, repeatable=False, lasting=True))

    def delete(self, *names: tuple[RecordKind, str]) -> None:
        """Delete records, if they exist."""
        if names:
            self.link.execute("DEL", *_keys(names), repeatable=True, lasting=True)

    # --- several records -------------------------------------------------------------

    def put_all(self, puts: Sequence[Put], *, while_exist: Sequence[tuple[RecordKind, str]] = ()) -> bool:
        """Write all records atomically, or none if a record of `while_exist` is missing or has expired."""
        return self._put_all("", puts, while_exist, repeatable=True) is Written.ALL

    def put_all_once(
        self, new: Put, puts: Sequence[Put], *, while_exist: Sequence[tuple[RecordKind, str]] = ()
    ) -> Written:
        """`put_all`, if `new` does not exist yet: only one of several callers with the same `new` writes."""
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
        """A record, and for each step the record of that kind whose identifier is in the named field.

        The field is read from the last record found that has it.
        """
        steps = tuple(word for step in through for word in step)
        return [
            _read(text) for text in self.link.run(scripts.GET_CHAIN, (_key(kind, identifier),), steps, repeatable=True)
        ]

    # --- one-time records --------------------------------------------------------------

    def redeem(
        self, kind: RecordKind, identifier: str, *, by: str, tombstone: timedelta
    ) -> Redeemed | Replayed | Unknown:
        """Spend a record whose `client_id` is `by`: only one of several callers gets `Redeemed`.

        The record must have been written as `redeemable`, or a failover may let it be redeemed again. The client is
        checked first, so that another client neither spends the record nor learns that it exists. During `tombstone`,
        which must be longer than the lifetime of anything issued for it, a second attempt of the client is `Replayed`.
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
        """Store the identifier; False if it is stored already."""
        return self.put_new(kind, identifier, {}, lifetime=lifetime)

    # --- notifications -----------------------------------------------------------------

    def notify(self, name: str) -> None:
        """Wake one process that waits on the channel `name`, or the next that will. Several notifications merge."""
        self.link.execute("LPUSH", key := _key(SharedRecord.CHANNEL, name), "", repeatable=True)
        self.link.execute("LTRIM", key, 0, 0, repeatable=True)

    def wait_for_notification(self, name: str, *, at_most: timedelta) -> bool:
        """Wait for a notification on the channel `name`; False if none came in that time."""
        seconds = max(at_most.total_seconds(), 0.01)  # Redis waits for ever with 0, and rounds 0.001 to 0
        key = _key(SharedRecord.CHANNEL, name)
        return self.link.execute("BLPOP", key, seconds, repeatable=True, within=seconds + 5) is not None

    def ping(self) -> None:
        """
        Raises:
            StoreUnavailable: Redis does not answer.
        """
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
    """The text of a record, and its lifetime in Redis in milliseconds."""
    seconds = lifetime.total_seconds()
    return _text(value, time.time() + seconds), max(1, int(seconds * 1000))


def _text(value: Record, expires_at: float) -> str:
    if "expires_at" in value:
        value = {name: item for name, item in value.items() if name != "expires_at"}
    rest = _encode(value)[1:]
    return f'{{"expires_at":{expires_at:.3f}{"," if value else ""}{rest}'


def _parsed(text: bytes) -> Record:
    """`json.loads`, without its detection of the encoding and of spaces, which our texts do not need."""
    record: Record = _decode(text.decode())[0]
    return record


def _read(text: bytes | None) -> Record | None:
    if text is None or text[:1] != b"{":
        return None
    record = _parsed(text)
    return record if record["expires_at"] > time.time() else None
