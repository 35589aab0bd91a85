"""Verifies the audit trail: recomputes the chain from its beginning and compares it with the signed checkpoints.

A chain cannot show that its newest entries, or all of them, were removed together with their checkpoints. For that,
`verify` takes a checkpoint kept on another machine (`audit checkpoint` prints one; the journal has each).
"""

import hmac
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, text

from config.audit.chain import (
    BEGINNING,
    LINES,
    LINES_A_BATCH,
    AuditCheckpoint,
    Seals,
    is_checkpoint_ours,
    is_of_first_format,
    line_digest,
    personal_digest,
)
from config.audit.erasure import AuditErasure, is_erasure_ours, is_pruning_ours
from config.audit.trail import AuditEvent
from config.audit.vocabulary import TrailAuditKind
from config.sql.database import Database
from config.strict_parsing import parse_json_object


@dataclass(frozen=True, slots=True, kw_only=True)
class Intact:
    """Every sealed entry is as it was written."""

    lines: int
    unsealed: int
    last_position: int
    last_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first position where the trail differs from what was sealed."""

    position: int
    why: str


def verify(database: Database, seals: Seals, *, kept: tuple[int, str] | None = None) -> Intact | Broken:
    """Verify the whole trail.

    `kept` is the position and the digest of a checkpoint kept elsewhere, which the trail must still contain.
    """
    with database.snapshot() as connection:  # sealing and erasing continue meanwhile
        return _verify(connection, seals, kept)


def _verify(connection: Connection, seals: Seals, kept: tuple[int, str] | None) -> Intact | Broken:
    checkpoints = connection.execute(select(AuditCheckpoint.__table__).order_by(AuditCheckpoint.position)).all()
    erasures = connection.execute(select(AuditErasure.__table__).order_by(AuditErasure.first)).all()
    unsealed = connection.execute(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.position.is_(None))
    ).scalar_one()
    if broken := _unsigned(checkpoints, erasures, seals):
        return broken
    pruned = next((each for each in reversed(checkpoints) if each.pruned_at is not None), None)
    start, digest = (pruned.position, pruned.digest) if pruned else (0, BEGINNING)
    expected = {each.position: each.digest for each in checkpoints if each.position > start}
    if kept is not None and (broken := _expect_kept(kept, expected, start, digest)):
        return broken
    if not checkpoints and (broken := _emptied(connection)):
        return broken
    erased = _Erased(connection, seals, checkpoints, erasures)
    position = start
    for line in _sealed_lines(connection, after=start):
        position += 1
        if line.position != position:
            return Broken(position=position, why="an entry is missing")
        if line.salt is not None and not hmac.compare_digest(personal_digest(line.salt, line), line.personal or ""):
            return Broken(position=position, why="the login, address or agent was altered")
        if line.salt is None and (line.login, line.address, line.agent) != (None, None, None):
            return Broken(position=position, why="the login, address or agent was altered")
        if line.salt is None and not erased.covers(line):
            return Broken(position=position, why="the login, address and agent were erased without a signed record")
        digest = line_digest(digest, position, line, line.personal)
        if line.digest != digest:
            return Broken(position=position, why="the entry was altered, inserted or moved")
        if expected.pop(position, digest) != digest:
            return Broken(position=position, why="the digest differs from that of the signed checkpoint")
    if expected:
        return Broken(position=position + 1, why="entries that a checkpoint covers are missing")
    if position > (checkpoints[-1].position if checkpoints else 0):
        return Broken(position=position, why="no checkpoint covers the last entries")
    return Intact(lines=position - start, unsealed=unsealed, last_position=position, last_digest=digest)


class _Erased:
    """The entries that we erased, by their signed records.

    Before erasures had signed records, only an `audit.erased` entry reported them. Such an entry counts only if a
    checkpoint of that time covers it, so that none can be added today.
    """

    def __init__(
        self, connection: Connection, seals: Seals, checkpoints: Sequence[Row[Any]], erasures: Sequence[Row[Any]]
    ) -> None:
        self._records = iter(erasures)
        self._record = next(self._records, None)
        until = max((each.position for each in checkpoints if is_of_first_format(each, seals)), default=0)
        self._before_records = _erasures_of_first_format(connection, until) if until else []

    def covers(self, line: Row[Any]) -> bool:
        """Whether we erased `line`. Must be called in the order of the chain."""
        while self._record is not None and self._record.last < line.position:
            self._record = next(self._records, None)
        if self._record is not None and self._record.first <= line.position:
            return line.position < self._record.last or bool(line.digest == self._record.digest)
        return any(line.position < told_at and line.at < before for told_at, before in self._before_records)


def _unsigned(checkpoints: Sequence[Row[Any]], erasures: Sequence[Row[Any]], seals: Seals) -> Broken | None:
    """The first checkpoint, pruning or erasure without our signature."""
    is_present_format = False
    for checkpoint in checkpoints:
        if not is_checkpoint_ours(checkpoint, seals):
            return Broken(position=checkpoint.position, why="the checkpoint's signature is not ours")
        is_first_format = is_of_first_format(checkpoint, seals)
        if is_present_format and is_first_format:
            return Broken(position=checkpoint.position, why="the checkpoint has a format that was no longer in use")
        is_present_format = not is_first_format
    pruned = next((each for each in reversed(checkpoints) if each.pruned_at is not None), None)
    if pruned is not None and not is_pruning_ours(pruned, seals):
        return Broken(position=pruned.position, why="entries were deleted without our signature")
    for erasure in erasures:
        if not is_erasure_ours(erasure, seals):
            return Broken(position=erasure.first, why="the record of an erasure was not signed by us")
    return None


def _expect_kept(kept: tuple[int, str], expected: dict[int, str], start: int, digest: str) -> Broken | None:
    """Add the checkpoint kept elsewhere to those that the chain must contain, unless it lies before the pruning."""
    position, its_digest = kept
    if position == start and its_digest != digest:
        return Broken(position=start, why="the digest differs from that of the checkpoint that was kept")
    if position > start:
        if expected.get(position, its_digest) != its_digest:
            return Broken(position=position, why="the digest differs from that of the checkpoint that was kept")
        expected[position] = its_digest
    return None


def _emptied(connection: Connection) -> Broken | None:
    """Whether a trail without any checkpoint once had entries.

    The database's counter for numbers outlives the entries, unless it was reset too.
    """
    given = (
        "SELECT seq FROM sqlite_sequence WHERE name = 'audit_event'"
        if connection.dialect.name == "sqlite"
        else "SELECT last_value FROM pg_sequences WHERE schemaname = current_schema()"
        " AND sequencename = 'audit_event_id_seq'"
    )
    lines = connection.execute(select(func.count()).select_from(AuditEvent)).scalar_one()
    last_given = connection.execute(text(given)).scalar() or 0
    if lines or not last_given:
        return None
    return Broken(position=1, why=f"the trail is empty, although entries were numbered up to {last_given}")


def _erasures_of_first_format(connection: Connection, until: int) -> list[tuple[int, datetime]]:
    """The position of each entry that reports an erasure, and the instant before which entries were erased."""
    reports = select(AuditEvent.position, AuditEvent.detail).where(
        AuditEvent.kind == TrailAuditKind.AUDIT_ERASED.value, AuditEvent.position <= until
    )
    found = []
    for position, detail in connection.execute(reports):
        with suppress(ValueError, KeyError, TypeError):  # an altered entry covers nothing; its digest reports it
            found.append((position or 0, datetime.fromisoformat(parse_json_object(detail)["before"]).astimezone(UTC)))
    return found


def _sealed_lines(connection: Connection, *, after: int) -> Iterator[Row[Any]]:
    page = select(*LINES.columns).order_by(AuditEvent.position).limit(LINES_A_BATCH)
    while True:
        lines = connection.execute(page.where(AuditEvent.position > after)).all()
        yield from lines
        if len(lines) < LINES_A_BATCH:
            return
        after = lines[-1].position
