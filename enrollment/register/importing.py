"""An extract put into the database, in bounded memory, while people read the one before.

The lines are inserted a few thousand at a time, each time in a short transaction of their own, so that other writers
do not wait long. Look-ups begin to read them when the state of their extract becomes `current`. The former extract
becomes `replaced` in the same transaction, on SQLite as on PostgreSQL, and its lines are deleted right after.

An import that was killed has changed nothing, and the next one deletes the lines that it left. Of two imports at once,
the one begun last goes on; the other finds at its next insertion that it was abandoned, and ends.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import CursorResult, Delete, Update, delete, select, update
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database, DatabaseUnavailable
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.register.columns import KEPT
from enrollment.register.extract_file import ExtractFile, ExtractRefused, open_extract
from enrollment.register.models import ExtractState, RegisterEntry, RegisterExtract

LINES_AT_ONCE: Final = 5_000
FEWEST_OF_BEFORE: Final = 0.8
"""The share of the lines of the current extract below which a new one is not believed."""

_PAUSE: Final = 0.01  # seconds

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import has done."""

    source: str
    published_at: datetime
    sha256: str
    lines: int
    unreadable_lines: int
    lines_before: int | None
    """Of the extract that it replaces, None when it is the first."""


def import_extract(
    database: Database,
    audit: Audit,
    path: Path,
    *,
    actor: Actor,
    accept_fewer: bool = False,
    progress: Progress = lambda _lines: None,
) -> Imported:
    """Make the extract at `path` the current one, and delete the lines of the one before.

    `accept_fewer` takes one of less than 80 % of the lines of the current one. `progress` is called with the number of
    lines read so far.

    Raises:
        ExtractRefused: the file is not the extract, is damaged or too small; the register is as it was.
        OSError: the file cannot be read.
        DatabaseUnavailable
    """
    with open_extract(path) as extract:
        extract_id = _begin(database, extract)
        try:
            clear_former_extracts(database)
            _insert(database, extract_id, extract, progress)
            imported = _make_current(database, audit, extract_id, extract, actor=actor, accept_fewer=accept_fewer)
        except ExtractRefused:
            _end(database, extract_id, ExtractState.REFUSED)
            clear_former_extracts(database)
            raise
        except BaseException:
            with suppress(DatabaseUnavailable):
                _end(database, extract_id, ExtractState.ABANDONED)
            raise
    clear_former_extracts(database)
    return imported


def clear_former_extracts(database: Database) -> int:
    """Delete the lines of the extracts that are current no more or never were, a few at a time; how many lines."""
    former = (ExtractState.REPLACED, ExtractState.REFUSED, ExtractState.ABANDONED)
    with database.reading() as connection:
        identifiers = connection.scalars(
            select(RegisterExtract.id).where(RegisterExtract.state.in_(former), RegisterExtract.cleared_at.is_(None))
        ).all()
    return sum(_delete_lines(database, extract_id) for extract_id in identifiers)


def _delete_lines(database: Database, extract_id: int) -> int:
    of_extract = RegisterEntry.extract_id == extract_id
    deleted = 0
    while True:
        with database.transaction() as session:
            last = session.scalar(
                select(RegisterEntry.line).where(of_extract).order_by(RegisterEntry.line).offset(LINES_AT_ONCE).limit(1)
            )
            some = delete(RegisterEntry).where(of_extract)
            deleted += _affected(session, some if last is None else some.where(RegisterEntry.line < last))
            if last is None:
                session.execute(
                    update(RegisterExtract).where(RegisterExtract.id == extract_id).values(cleared_at=datetime.now(UTC))
                )
                return deleted
        time.sleep(_PAUSE)  # those who wait to write to a SQLite file try every two milliseconds


def _begin(database: Database, extract: ExtractFile) -> int:
    with database.transaction() as session:
        session.execute(
            update(RegisterExtract)
            .where(RegisterExtract.state == ExtractState.IMPORTING)
            .values(state=ExtractState.ABANDONED, ended_at=datetime.now(UTC))
        )
        row = RegisterExtract(
            state=ExtractState.IMPORTING,
            source=extract.name[:255],
            published_at=extract.published_at,
            sha256=extract.sha256,
            began_at=datetime.now(UTC),
            lines=0,
            unreadable_lines=0,
        )
        session.add(row)
        session.flush()
        return row.id


def _insert(database: Database, extract_id: int, extract: ExtractFile, progress: Progress) -> None:
    """Given straight to the driver: SQLAlchemy's own way takes three times as long over it as SQLite does."""
    columns = ("extract_id", "line", *KEPT)
    places = ", ".join(["?" if database.is_sqlite else "%s"] * len(columns))
    statement = f"INSERT INTO {RegisterEntry.__tablename__} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608
    numbered = enumerate(extract.entries(), start=1)
    while lines := [(extract_id, line, *values) for line, values in islice(numbered, LINES_AT_ONCE)]:
        with database.transaction() as session:
            _still_importing(session, extract_id, extract)
            session.connection().exec_driver_sql(statement, lines)
        progress(extract.lines)


def _make_current(
    database: Database, audit: Audit, extract_id: int, extract: ExtractFile, *, actor: Actor, accept_fewer: bool
) -> Imported:
    with database.transaction() as session:
        _still_importing(session, extract_id, extract)
        before = session.scalar(select(RegisterExtract).where(RegisterExtract.state == ExtractState.CURRENT))
        _refuse_too_few(extract, before, accept_fewer=accept_fewer)
        now = datetime.now(UTC)
        if before is not None:
            before.state = ExtractState.REPLACED
            session.flush()  # before the other becomes current: the database lets one be
        row = session.get_one(RegisterExtract, extract_id)
        row.state, row.ended_at = ExtractState.CURRENT, now
        imported = Imported(
            source=extract.name,
            published_at=extract.published_at,
            sha256=extract.sha256,
            lines=extract.lines,
            unreadable_lines=extract.unreadable_lines,
            lines_before=None if before is None else before.lines,
        )
        audit.record(
            session,
            AuditEntry(
                kind=EnrollmentAuditKind.REGISTER_IMPORTED,
                actor=actor,
                detail={"source": extract.name, "lines": extract.lines, "sha256": extract.sha256},
            ),
        )
    return imported


def _refuse_too_few(extract: ExtractFile, before: RegisterExtract | None, *, accept_fewer: bool) -> None:
    if extract.lines == 0:
        raise ExtractRefused(f"{extract.name}: it has a header and no line.")
    if before is not None and not accept_fewer and extract.lines < before.lines * FEWEST_OF_BEFORE:
        raise ExtractRefused(
            f"{extract.name}: it has {extract.lines:,} lines, less than {FEWEST_OF_BEFORE:.0%} of the {before.lines:,}"
            f" of the current extract ({before.source}). If the register has really shrunk, add --accept-fewer."
        )


def _still_importing(session: Session, extract_id: int, extract: ExtractFile) -> None:
    """Write how far the import is, unless another one has begun meanwhile."""
    mine = RegisterExtract.id == extract_id, RegisterExtract.state == ExtractState.IMPORTING
    progress = {"lines": extract.lines, "unreadable_lines": extract.unreadable_lines}
    if _affected(session, update(RegisterExtract).where(*mine).values(progress)) != 1:
        raise ExtractRefused("another import has begun meanwhile, and goes on; this one has ended.")


def _end(database: Database, extract_id: int, state: ExtractState) -> None:
    with database.transaction() as session:
        session.execute(
            update(RegisterExtract)
            .where(RegisterExtract.id == extract_id, RegisterExtract.state == ExtractState.IMPORTING)
            .values(state=state, ended_at=datetime.now(UTC))
        )


def _affected(session: Session, statement: Delete | Update) -> int:
    """How many rows a statement has changed."""
    done = session.execute(statement)
    return done.rowcount if isinstance(done, CursorResult) else 0
