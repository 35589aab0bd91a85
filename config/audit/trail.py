"""Writes the audit trail: who did what, and when.

An entry is written in the transaction that it describes (`record`), or in one of its own that is durable before the
response leaves (`record_durably`). `chain.py` chains the entries afterwards, so that writers on many nodes never wait
for one row.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, Text, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.actor import Actor
from config.audit.vocabulary import AuditKind
from config.sql.database import Database, DatabaseUnavailable
from config.sql.declarative import SharedBase

LINES_A_COMMIT = 100
LONGEST_LOGIN = 254
LONGEST_ADDRESS = 64
LONGEST_AGENT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One event.

    `detail` must contain no personal data and no secret. `login`, `address` and
    `agent` are personal: they can be erased without breaking the chain.
    """

    kind: AuditKind
    account: str | None = None
    application: str | None = None
    session: str | None = None
    method: str | None = None
    actor: Actor | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    login: str | None = None
    address: str | None = None
    agent: str | None = None


class AuditEvent(SharedBase):
    """An entry in the database. The sealer writes the columns from `position` on."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index(None, "position", unique=True),
        Index(None, "account"),
        Index(None, "login"),
        Index(None, "at"),
        {"sqlite_autoincrement": True},  # the number of a pruned entry is never reused
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(Text)
    account: Mapped[str | None] = mapped_column(Text)
    application: Mapped[str | None] = mapped_column(Text)
    session: Mapped[str | None] = mapped_column(Text)
    method: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)  # JSON as text: the seal covers exactly what was written
    login: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    agent: Mapped[str | None] = mapped_column(Text)

    position: Mapped[int | None] = mapped_column(BigInteger)
    salt: Mapped[str | None] = mapped_column(Text)
    personal: Mapped[str | None] = mapped_column(Text)  # the salted digest of login, address and agent
    digest: Mapped[str | None] = mapped_column(Text)


_WRITTEN = ("at", "kind", "account", "application", "session", "method", "actor", "detail", "login", "address", "agent")


@dataclass(slots=True, eq=False)
class _Waiting:
    """An entry whose thread waits until one of the threads has committed it."""

    values: tuple[Any, ...]
    is_written: bool = False
    failure: SQLAlchemyError | DatabaseUnavailable | None = None


class Audit:
    """Writes entries into the trail."""

    def __init__(self, database: Database, *, after_writing: Callable[[], None] | None = None) -> None:
        """`after_writing` is called after entries became durable, in the thread that wrote them; it must be quick."""
        self._database = database
        self._after_writing = after_writing
        self._count: Callable[[AuditKind], None] | None = None
        self._waiting: deque[_Waiting] = deque()
        self._turn = Lock()

    def count_lines(self, count: Callable[[AuditKind], None]) -> None:
        """Call `count` with the kind of each entry that this process has committed."""
        self._count = count

    def record(self, session: Session, entry: AuditEntry) -> None:
        """Write `entry` in the transaction that it describes: both are committed, or neither."""
        session.add(AuditEvent(**dict(zip(_WRITTEN, _values(entry, datetime.now(UTC)), strict=True))))
        if (count := self._count) is not None:
            event.listen(session, "after_commit", lambda _session: count(entry.kind), once=True)

    def record_durably(self, entry: AuditEntry) -> None:
        """Write `entry` in a transaction of its own, which is durable when this returns.

        While one thread waits for the disk, others queue. The next thread writes the
        entries of all of them in one statement, with one commit.

        Raises:
            DatabaseUnavailable: the entry was not written, so the response must not be sent.
        """
        at = datetime.now(UTC)
        mine = _Waiting(_values(entry, self._database.bound(at)))
        self._waiting.append(mine)
        with self._turn:
            if not mine.is_written and mine.failure is None:
                self._write_waiting_lines()
        if mine.failure is not None:
            raise mine.failure
        if self._count is not None:
            self._count(entry.kind)

    def _write_waiting_lines(self) -> None:
        lines = [self._waiting.popleft() for _ in range(min(len(self._waiting), LINES_A_COMMIT))]
        try:
            self._database.write(
                _insertion(len(lines), is_sqlite=self._database.is_sqlite),
                lines[0].values if len(lines) == 1 else tuple(value for line in lines for value in line.values),
            )
        except (SQLAlchemyError, DatabaseUnavailable) as failure:
            for line in lines:
                line.failure = failure
        else:
            for line in lines:
                line.is_written = True
            if self._after_writing is not None:
                self._after_writing()


_as_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode  # `json.dumps` would make one for each entry


@lru_cache(maxsize=LINES_A_COMMIT)
def _insertion(lines: int, *, is_sqlite: bool) -> str:
    line = "(" + ", ".join(["?" if is_sqlite else "%s"] * len(_WRITTEN)) + ")"
    return f"INSERT INTO audit_event ({', '.join(_WRITTEN)}) VALUES {', '.join([line] * lines)}"  # noqa: S608


def _values(entry: AuditEntry, at: datetime | str) -> tuple[Any, ...]:
    """The values of the columns. Login, address and agent are shortened and made storable: strangers send them."""
    return (
        at,
        entry.kind.value,
        entry.account,
        entry.application,
        entry.session,
        entry.method,
        None if entry.actor is None else str(entry.actor),
        _as_json(dict(entry.detail)) if entry.detail else "{}",
        _bounded(entry.login, LONGEST_LOGIN),
        _bounded(entry.address, LONGEST_ADDRESS),
        _bounded(entry.agent, LONGEST_AGENT),
    )


def _bounded(text: str | None, longest: int) -> str | None:
    if text is None or (text.isascii() and text.isprintable() and len(text) <= longest):
        return text
    return text[:longest].encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def written_columns() -> Sequence[str]:
    """The columns that are written with an entry; only an erasure changes them."""
    return _WRITTEN
