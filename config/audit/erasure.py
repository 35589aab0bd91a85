"""Erases personal columns, and prunes old lines. Both are signed.

An erasure has a record for each unbroken run of lines, signed by the key that signs
checkpoints; a run that is empty and has no record was emptied by somebody else.
Pruning marks a checkpoint, signed as well: the trail then begins there.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, Text, delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.actor import Actor
from config.audit.chain import AuditCheckpoint, Seals, canonical, decoded
from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.audit.vocabulary import TrailAuditKind
from config.sql.database import Database
from config.sql.declarative import SharedBase

PERSONAL = ("login", "address", "agent")


class AuditErasure(SharedBase):
    """The personal columns of the lines from `first` to `last`, positions of the chain, were erased by us."""

    __tablename__ = "audit_erasure"

    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(Text)  # of the last line: the record is of this chain and no other
    at: Mapped[datetime]
    kid: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesFound:
    """How many lines an operation would concern, and when the oldest and the newest of them were written."""

    lines: int
    oldest: datetime | None
    newest: datetime | None


def lines_to_erase(database: Database, *, before: datetime) -> LinesFound:
    """The lines whose personal columns `erase_personal` would empty."""
    return _found(database, *_is_to_erase(before))


def lines_to_prune(database: Database, *, before: datetime) -> LinesFound:
    """The lines that `prune` would remove."""
    checkpoint = select(func.max(AuditCheckpoint.position)).where(AuditCheckpoint.at < before).scalar_subquery()
    return _found(database, AuditEvent.position <= checkpoint)


def erase_personal(database: Database, seals: Seals, *, before: datetime, actor: Actor) -> int:
    """Empty login, address and agent of the sealed lines written before `before`; how many were.

    Each unbroken run of them gets a signed record, without which verification reports them.
    """
    with database.transaction() as session:
        _take_your_time(session, is_sqlite=database.is_sqlite)
        runs = _runs(session, before)
        at = datetime.now(UTC)
        for first, last, digest in runs:
            record = AuditErasure(first=first, last=last, digest=digest, at=at)
            record.kid, signature = seals.sign(_erasure_payload(record))
            record.signature = b64encode(signature).decode("ascii")
            session.add(record)
        session.flush()  # the rules of the database want the record before the erasure
        erased = sum(
            session.connection()
            .execute(
                update(AuditEvent)
                .where(AuditEvent.position.between(first, last))
                .values(login=None, address=None, agent=None, salt=None)
            )
            .rowcount
            for first, last, _ in runs
        )
        detail = {
            "lines": erased,
            "before": before.isoformat(),
            "positions": ", ".join(f"{first}-{last}" for first, last, _ in runs),
        }
        Audit(database).record(session, AuditEntry(kind=TrailAuditKind.AUDIT_ERASED, actor=actor, detail=detail))
    return erased


def prune(database: Database, seals: Seals, *, before: datetime, actor: Actor) -> int:
    """Remove lines up to the last checkpoint signed before `before`, which then is where the trail begins."""
    with database.transaction() as session:
        _take_your_time(session, is_sqlite=database.is_sqlite)
        checkpoint = session.scalars(
            select(AuditCheckpoint)
            .where(AuditCheckpoint.at < before)
            .order_by(AuditCheckpoint.position.desc())
            .limit(1)
        ).first()
        if checkpoint is None or checkpoint.pruned_at is not None:
            return 0
        checkpoint.pruned_at = datetime.now(UTC)
        checkpoint.pruned_kid, signature = seals.sign(_pruning_payload(checkpoint))
        checkpoint.pruned_signature = b64encode(signature).decode("ascii")
        session.flush()
        session.execute(delete(AuditCheckpoint).where(AuditCheckpoint.position < checkpoint.position))
        removed = session.connection().execute(delete(AuditEvent).where(AuditEvent.position <= checkpoint.position))
        detail = {"lines": removed.rowcount, "position": checkpoint.position}
        Audit(database).record(session, AuditEntry(kind=TrailAuditKind.AUDIT_PRUNED, actor=actor, detail=detail))
    return int(removed.rowcount)


def is_erasure_ours(record: "AuditErasure | Row[Any]", seals: Seals) -> bool:
    """Whether we signed this record of an erasure."""
    return seals.is_ours(record.kid, _erasure_payload(record), decoded(record.signature))


def is_pruning_ours(checkpoint: Row[Any], seals: Seals) -> bool:
    """Whether we signed that lines up to this checkpoint were removed."""
    return seals.is_ours(
        checkpoint.pruned_kid or "", _pruning_payload(checkpoint), decoded(checkpoint.pruned_signature)
    )


def _is_to_erase(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (AuditEvent.at < before, AuditEvent.position.is_not(None), AuditEvent.salt.is_not(None))


def _found(database: Database, *conditions: ColumnElement[bool]) -> LinesFound:
    counted = select(func.count(), func.min(AuditEvent.at), func.max(AuditEvent.at)).where(*conditions)
    with database.reading() as connection:
        lines, oldest, newest = connection.execute(counted).one()
    return LinesFound(lines=lines, oldest=oldest, newest=newest)


def _runs(session: Session, before: datetime) -> list[tuple[int, int, str]]:
    """The lines to erase as unbroken runs: first and last position, and the digest of the last line."""
    island = (AuditEvent.position - func.row_number().over(order_by=AuditEvent.position)).label("island")
    lines = select(AuditEvent.position, island).where(*_is_to_erase(before)).subquery()
    ends = (
        select(func.min(lines.c.position).label("first"), func.max(lines.c.position).label("last"))
        .group_by(lines.c.island)
        .subquery()
    )
    found = select(ends.c.first, ends.c.last, AuditEvent.digest).join(AuditEvent, AuditEvent.position == ends.c.last)
    return [(first, last, digest) for first, last, digest in session.execute(found.order_by(ends.c.first))]


def _take_your_time(session: Session, *, is_sqlite: bool) -> None:
    """Years of lines take longer than a statement of a request may."""
    if not is_sqlite:
        session.execute(text("SELECT set_config('statement_timeout', '0', true)"))


def _erasure_payload(record: "AuditErasure | Row[Any]") -> bytes:
    at = record.at.isoformat(timespec="microseconds")
    return canonical(["poterne audit erased", record.first, record.last, record.digest, list(PERSONAL), at])


def _pruning_payload(checkpoint: "AuditCheckpoint | Row[Any]") -> bytes:
    at = checkpoint.pruned_at.isoformat(timespec="microseconds") if checkpoint.pruned_at else None
    return canonical(["poterne audit pruned", checkpoint.position, checkpoint.digest, at])
