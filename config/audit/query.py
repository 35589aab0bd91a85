"""Reads the audit trail: page by page, newest first, or all of it, oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, select

from config.audit.trail import AuditEvent
from config.audit.vocabulary import AuditKind
from config.sql.database import Database
from config.strict_parsing import InvalidJson, parse_json_object

LINES_READ_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Chooses entries: an entry must equal each field that is set, and lie between `since` and `until`."""

    kind: AuditKind | None = None
    account: str | None = None
    application: str | None = None
    login: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        equal = [
            column == value
            for column, value in (
                (AuditEvent.kind, self.kind.value if self.kind else None),
                (AuditEvent.account, self.account),
                (AuditEvent.application, self.application),
                (AuditEvent.login, self.login),
            )
            if value is not None
        ]
        since = [] if self.since is None else [AuditEvent.at >= self.since]
        until = [] if self.until is None else [AuditEvent.at < self.until]
        return [*equal, *since, *until]


EVERYTHING = AuditFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """An entry as it is read. `position` to `digest` belong to the seal, and are None before it."""

    id: int
    at: datetime
    kind: str
    account: str | None
    application: str | None
    session: str | None
    method: str | None
    actor: str | None
    detail: dict[str, Any]
    login: str | None
    address: str | None
    agent: str | None
    position: int | None
    salt: str | None
    personal: str | None
    digest: str | None

    def as_json(self) -> dict[str, Any]:
        """The members for JSON, without empty ones."""
        members = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in members.items() if value not in (None, {})} | {
            "at": self.at.isoformat(timespec="microseconds")
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some entries, newest first. `next_before` is the `before` of the next page, None on the last page."""

    lines: tuple[AuditLine, ...]
    next_before: int | None


def page_of(
    database: Database, chosen: AuditFilter = EVERYTHING, *, before: int | None = None, limit: int = 50
) -> AuditPage:
    """The newest of the chosen entries, or the newest before entry `before`. Each page costs the same."""
    page = select(*_TABLE.columns).where(*chosen.conditions()).order_by(AuditEvent.id.desc()).limit(limit + 1)
    if before is not None:
        page = page.where(AuditEvent.id < before)
    with database.reading() as connection:
        rows = connection.execute(page).all()
    lines = tuple(_line(row) for row in rows[:limit])
    return AuditPage(lines=lines, next_before=lines[-1].id if len(rows) > limit else None)


def every_line(database: Database, chosen: AuditFilter = EVERYTHING) -> Iterator[AuditLine]:
    """All chosen entries, oldest first, read in batches so that no transaction stays open."""
    after = 0
    batch = select(*_TABLE.columns).where(*chosen.conditions()).order_by(AuditEvent.id).limit(LINES_READ_AT_ONCE)
    while True:
        with database.reading() as connection:
            rows = connection.execute(batch.where(AuditEvent.id > after)).all()
        for row in rows:
            yield _line(row)
        if len(rows) < LINES_READ_AT_ONCE:
            return
        after = rows[-1].id


def _line(row: Row[Any]) -> AuditLine:
    try:
        detail = parse_json_object(row.detail)
    except InvalidJson:  # it was altered: show it as it is; `verify` reports it
        detail = {"unreadable": row.detail}
    return AuditLine(**(dict(row._mapping) | {"detail": detail}))


_TABLE: Table = AuditEvent.__table__  # type: ignore[assignment]
