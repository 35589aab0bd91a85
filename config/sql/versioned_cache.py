"""A cache of values that every request reads and that rarely change, invalidated by revision numbers.

A writer increments the number of a name ("registry", "accounts", "keys") in its own transaction, and lists the keys
that the change concerns. A reader compares the number at most every half second, during a request, and drops the values
that have changed. Every node sees a change within a second, and an idle node sends no query.

The row of a number is locked until the commit, so that numbers follow the order of commits: a reader that sees a number
sees all changes up to it. A number without rows in the log (too many keys, older than the log, or written by an older
node) concerns every key.
"""

import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Final, Generic, TypeVar, cast

from sqlalchemy import BigInteger, Connection, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.sql.after_commit import after_commit
from config.sql.database import Database
from config.sql.declarative import SharedBase
from config.sql.upsert import insert_or_update

K = TypeVar("K")
V = TypeVar("V")

KEPT_CHANGES: Final = 1_000  # for each name, in the table and in memory
MOST_CONCERNED: Final = 100  # keys of one change; with more, it concerns every key
_PRUNED_EVERY: Final = 100


class Revision(SharedBase):
    """The number of changes of the values of `name`."""

    __tablename__ = "revision"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


class RevisionChange(SharedBase):
    """A key that the change with this number concerns."""

    __tablename__ = "revision_change"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    concerned: Mapped[str] = mapped_column(primary_key=True)


_EVERY_NUMBER = select(Revision.name, Revision.number)
_NEW_CHANGES = select(RevisionChange.number, RevisionChange.concerned).where(
    RevisionChange.name == bindparam("name"), RevisionChange.number > bindparam("last")
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The numbers, read together, and the changes that this process has read."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, Mapping[int, frozenset[str]]] = field(default_factory=dict)


class Revisions:
    """The numbers, read from the table at most once every `checked_every` for all threads."""

    def __init__(self, database: Database, *, checked_every: timedelta = timedelta(milliseconds=500)) -> None:
        self._database = database
        self._checked_every = checked_every.total_seconds()
        self._seen = _Seen()
        self._good_until = 0.0
        self._expired_at = 0.0
        self._lock = Lock()
        _OF_THIS_PROCESS.add(self)

    def number(self, name: str) -> int:
        if time.monotonic() >= self._good_until:
            self._read(unless_good_at=time.monotonic())
        return self._seen.numbers.get(name, 0)

    def since(self, name: str, number: int) -> tuple[int, Set[str] | None]:
        """The number last read, and the keys of the changes after `number`; None means every key."""
        seen = self._seen
        now = seen.numbers.get(name, 0)
        if not 0 <= now - number <= KEPT_CHANGES:
            return now, None
        followed = seen.changes.get(name, {})
        concerned: set[str] = set()
        for change in range(number + 1, now + 1):
            if change not in followed:
                return now, None
            concerned |= followed[change]
        return now, concerned

    def expire(self) -> None:
        """Read the numbers again at the next call of `number`."""
        self._expired_at = time.monotonic()
        self._good_until = 0.0

    def _read(self, *, unless_good_at: float) -> None:
        with self._lock:
            if unless_good_at < self._good_until:
                return  # another thread has just read
            started = time.monotonic()
            before = self._seen
            with self._database.reading() as connection:
                numbers = {row.name: row.number for row in connection.execute(_EVERY_NUMBER)}
                if numbers != before.numbers:
                    self._seen = _Seen(numbers, _followed(connection, before, numbers))
            # After `expire` during the read, the numbers must be read once more.
            self._good_until = started + self._checked_every if self._expired_at < started else 0.0


def _followed(
    connection: Connection, before: _Seen, numbers: Mapping[str, int]
) -> dict[str, Mapping[int, frozenset[str]]]:
    """The changes known before, and the new ones of the names whose number has increased."""
    changes = dict(before.changes)
    for name, number in numbers.items():
        last = before.numbers.get(name, 0)
        if number < last:  # a backup was restored
            changes.pop(name, None)
        elif last < number <= last + KEPT_CHANGES:
            since: dict[int, set[str]] = {}
            for row in connection.execute(_NEW_CHANGES, {"name": name, "last": last}):
                since.setdefault(row.number, set()).add(row.concerned)
            kept = {change: keys for change, keys in changes.get(name, {}).items() if change > number - KEPT_CHANGES}
            changes[name] = kept | {change: frozenset(keys) for change, keys in since.items()}
    return changes


_OF_THIS_PROCESS: "weakref.WeakSet[Revisions]" = weakref.WeakSet()


def bump(session: Session, name: str, *concerned: str) -> None:
    """Record a change of the values of `name`, in the transaction that makes it.

    `concerned` lists the keys that have changed; without any, every key has. Other workers see the change within a
    second, this one at its next read.
    """
    # The row stays locked until the commit, so numbers move in the order of the commits.
    number = session.scalars(
        insert_or_update(session, Revision)
        .values(name=name, number=1)
        .on_conflict_do_update(index_elements=[Revision.name], set_={"number": Revision.number + 1})
        .returning(Revision.number)
    ).one()
    if 0 < len(concerned) <= MOST_CONCERNED:
        session.execute(
            RevisionChange.__table__.insert(),  # type: ignore[attr-defined]
            [{"name": name, "number": number, "concerned": each} for each in dict.fromkeys(concerned)],
        )
    if number % _PRUNED_EVERY == 0:
        old = RevisionChange.name == name, RevisionChange.number <= number - KEPT_CHANGES
        session.execute(delete(RevisionChange).where(*old).execution_options(synchronize_session=False))
    after_commit(session, _expire_here)


def _expire_here() -> None:
    for revisions in list(_OF_THIS_PROCESS):
        revisions.expire()


def its_key(key: str, _value: object) -> str:
    """A `concerned_as` for `VersionedCache`: changes name a value by its key."""
    return key


class VersionedCache(Generic[K, V]):
    """The results of `load` for the last `size` keys, each until a change of `name` concerns it.

    A key without a value is not cached, so that invented keys cannot fill the cache.
    """

    def __init__(
        self,
        revisions: Revisions,
        name: str,
        load: Callable[[K], V | None],
        *,
        size: int,
        concerned_as: Callable[[K, V], str] | None = None,
    ) -> None:
        """`concerned_as` returns the name of a value in changes; without it, every change concerns every value."""
        self._revisions = revisions
        self._name = name
        self._load = load
        self._size = size
        self._concerned_as = concerned_as
        self._found: OrderedDict[K, V] = OrderedDict()
        self._revision = -1
        self._lock = Lock()

    def get(self, key: K, *, fresh: bool = False) -> V | None:
        """The value of `key`, up to half a second old; with `fresh`, the present value.

        Use `fresh` before refusing something that the person may just have changed through another worker, such as
        an expired password or a missing entitlement.
        """
        if fresh:
            self._revisions.expire()
        number = self._revisions.number(self._name)
        with self._lock:
            if number != self._revision:
                self._follow()
            if (value := self._found.get(key)) is not None:
                self._found.move_to_end(key)
                return value
            revision = self._revision
        value = self._load(key)
        if value is None:
            return None
        with self._lock:
            if self._revision == revision:  # otherwise it may have been read before the change
                self._found[key] = value
                self._found.move_to_end(key)
                if len(self._found) > self._size:
                    self._found.popitem(last=False)
        return value

    def _follow(self) -> None:
        """Drop the values that have changed since the last call."""
        self._revision, concerned = self._revisions.since(self._name, self._revision)
        if concerned is None or self._concerned_as is None:
            self._found.clear()
        elif self._concerned_as is its_key:
            for changed in concerned:
                self._found.pop(cast(K, changed), None)
        else:
            for key in [key for key, value in self._found.items() if self._concerned_as(key, value) in concerned]:
                del self._found[key]

    def __len__(self) -> int:
        return len(self._found)
