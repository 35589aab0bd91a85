"""What is read on every request and changes seldom, remembered until a number moves.

A writer advances the number of a name ("registry", "accounts", "keys") in its
own transaction. A reader compares it at most every half second, on a request,
so that a change is seen by every node within a second and idle costs no query.
"""

import time
import weakref
from collections import OrderedDict
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import BigInteger, event, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.database import Base, Database

K = TypeVar("K")
V = TypeVar("V")


class Revision(Base):
    """How many times what `name` stands for has changed."""

    __tablename__ = "revision"

    name: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)


_EVERY_NUMBER = select(Revision.name, Revision.number)


class Revisions:
    """The numbers, read from the table at most once every `checked_every`, whatever the number of threads."""

    def __init__(self, database: Database, *, checked_every: timedelta = timedelta(milliseconds=500)) -> None:
        self._database = database
        self._checked_every = checked_every.total_seconds()
        self._numbers: dict[str, int] = {}
        self._good_until = 0.0
        self._expired_at = 0.0
        self._lock = Lock()
        _OF_THIS_PROCESS.add(self)

    def number(self, name: str) -> int:
        if time.monotonic() >= self._good_until:
            self._read(unless_good_at=time.monotonic())
        return self._numbers.get(name, 0)

    def expire(self) -> None:
        """Read again at the next question."""
        self._expired_at = time.monotonic()
        self._good_until = 0.0

    def _read(self, *, unless_good_at: float) -> None:
        with self._lock:
            if unless_good_at < self._good_until:
                return  # another thread has just read
            asked = time.monotonic()
            with self._database.reading() as connection:
                self._numbers = {row.name: row.number for row in connection.execute(_EVERY_NUMBER)}
            # What was expired while we were reading must be read once more.
            self._good_until = asked + self._checked_every if self._expired_at < asked else 0.0


_OF_THIS_PROCESS: "weakref.WeakSet[Revisions]" = weakref.WeakSet()


def advance(session: Session, name: str) -> None:
    """Say, in the transaction that changes it, that what `name` stands for has changed.

    Every other worker sees it within a second; this one at its next question.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Revision).values(name=name, number=1)
    # The row stays locked until the commit, so numbers move in the order of the commits.
    session.execute(
        statement.on_conflict_do_update(index_elements=[Revision.name], set_={"number": Revision.number + 1})
    )
    event.listen(session, "after_commit", _expire_here, once=True)


def _expire_here(_session: Session) -> None:
    for revisions in list(_OF_THIS_PROCESS):
        revisions.expire()


class Remembered(Generic[K, V]):
    """What `load` found, for the last `size` keys asked for, as long as the revision of `name` stands.

    A key that is not found is not remembered: a stranger who invents keys fills
    nothing.
    """

    def __init__(self, revisions: Revisions, name: str, load: Callable[[K], V | None], *, size: int) -> None:
        self._revisions = revisions
        self._name = name
        self._load = load
        self._size = size
        self._found: OrderedDict[K, V] = OrderedDict()
        self._revision = -1
        self._lock = Lock()

    def get(self, key: K, *, fresh: bool = False) -> V | None:
        """What `key` stands for; with `fresh`, what it stands for now and not up to half a second ago.

        Ask for `fresh` before acting on a "no" that the person may just have
        changed through another worker (a password to renew, an entitlement).
        """
        if fresh:
            self._revisions.expire()
        revision = self._revisions.number(self._name)
        with self._lock:
            if revision != self._revision:
                self._found.clear()
                self._revision = revision
            elif (value := self._found.get(key)) is not None:
                self._found.move_to_end(key)
                return value
        value = self._load(key)
        if value is None:
            return None
        with self._lock:
            if self._revision == revision:  # else it may have been read before the change
                self._found[key] = value
                self._found.move_to_end(key)
                if len(self._found) > self._size:
                    self._found.popitem(last=False)
        return value

    def __len__(self) -> int:
        return len(self._found)
