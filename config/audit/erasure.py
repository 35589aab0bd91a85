"""Erases the personal columns of old entries, and prunes old entries. Both leave a signature.

Each run of consecutive erased entries has a record, signed with the key of the checkpoints. Verification reports erased
entries without a record. Pruning marks a checkpoint with a signature: the trail then begins there.
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
    """The record of an erasure by us, in the entries from position `first` to `last`."""

    __tablename__ = "audit_erasure"

    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(Text)  # of the last entry: it ties the record to this chain
    at: Mapped[datetime]
    kid: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesFound:
    """The number of entries that an operation concerns, and when the oldest and the newest were written."""

    lines: int
    oldest: datetime | None
    newest: datetime | None


def lines_to_erase(database: Database, *, before: datetime) -> LinesFound:
    """The entries whose personal columns `erase_personal` would erase."""
    return _found(database, *_is_to_erase(before))


def lines_to_prune(database: Database, *, before: datetime) -> LinesFound:
    """The entries that `prune` would delete."""
    checkpoint = select(func.max(AuditCheckpoint.position)).where(AuditCheckpoint.at < before).scalar_subquery()
    return _found(database, AuditEvent.position <= checkpoint)


def erase_personal(database: Database, seals: Seals, *, before: datetime, actor: Actor) -> int:
    """Erase login, address and agent of the sealed entries written before `before`; return their number.

    Each run of consecutive entries gets a signed record, without which verification reports them.
    """
    with database.transaction() as session:
        _lift_timeout(session, is_sqlite=database.is_sqlite)
        runs = _runs(session, before)
        at = datetime.now(UTC)
        for first, last, digest in runs:
            record = AuditErasure(first=first, last=last, digest=digest, at=at)
            record.kid, signature = seals.sign(_erasure_payload(record))
            record.signature = b64encode(signature).decode("ascii")
            session.add(record)
        session.flush()  # the database triggers require the record before the erasure
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
    """Delete the entries up to the last checkpoint signed before `before`, where the trail then begins.

    Returns their number.
    """
    with database.transaction() as session:
        _lift_timeout(session, is_sqlite=database.is_sqlite)
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
    """Whether we signed the deletion of the entries up to this checkpoint."""
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
    """The entries to erase as runs of consecutive positions: the first, the last, and the digest of the last entry."""
    island = (AuditEvent.position - func.row_number().over(order_by=AuditEvent.position)).label("island")
    lines = select(AuditEvent.position, island).where(*_is_to_erase(before)).subquery()
    ends = (
        select(func.min(lines.c.position).label("first"), func.max(lines.c.position).label("last"))
        .group_by(lines.c.island)
        .subquery()
    )
    found = select(ends.c.first, ends.c.last, AuditEvent.digest).join(AuditEvent, AuditEvent.position == ends.c.last)
    return [(first, last, digest) for first, last, digest in session.execute(found.order_by(ends.c.first))]


def _lift_timeout(session: Session, *, is_sqlite: bool) -> None:
    """Lift the statement timeout of requests: years of entries take longer."""
    if not is_sqlite:
        session.execute(text("SELECT set_config('statement_timeout', '0', true)"))


def _erasure_payload(record: "AuditErasure | Row[Any]") -> bytes:
    at = record.at.isoformat(timespec="microseconds")
    return canonical(["poterne audit erased", record.first, record.last, record.digest, list(PERSONAL), at])


def _pruning_payload(checkpoint: "AuditCheckpoint | Row[Any]") -> bytes:
    at = checkpoint.pruned_at.isoformat(timespec="microseconds") if checkpoint.pruned_at else None
    return canonical(["poterne audit pruned", checkpoint.position, checkpoint.digest, at])
