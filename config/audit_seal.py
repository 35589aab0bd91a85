"""The seal of the audit trail: lines chained in batches, checkpoints signed, and the proof that nothing was changed.

Each line's digest covers the digest before it and its own words, so that a line
altered, removed, put in or moved breaks the chain; a checkpoint signs the digest
reached, with a key the database does not hold, so that the chain cannot be made
anew. Login, address and agent are covered by one salted digest: erasing them and
the salt leaves the chain whole and the digest telling nothing.

What no chain can show is that its newest end was cut off, checkpoints included:
`verify` takes a checkpoint that was noted elsewhere (each is written to the
journal) as a witness.
"""

import hashlib
import hmac
import json
import logging
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import BigInteger, Row, Table, Text, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.audit import Audit, AuditEvent, AuditKind, Entry
from config.database import Base, Database
from config.encryption import EncryptionKeyUnknown, KeyEncryption

LINES_A_BATCH = 500
BEGINNING = "0" * 64
_SEALER_LOCK = 0x5EA1

_LINES = cast(Table, AuditEvent.__table__)

logger = logging.getLogger(__name__)


class AuditCheckpoint(Base):
    """The digest reached at a position, signed; a line never goes before a checkpoint says so."""

    __tablename__ = "audit_checkpoint"

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    kid: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(Text)
    pruned_at: Mapped[datetime | None]
    pruned_kid: Mapped[str | None] = mapped_column(Text)
    pruned_signature: Mapped[str | None] = mapped_column(Text)


class Seals(Protocol):
    """What signs checkpoints, and tells whether a signature is ours."""

    def sign(self, payload: bytes) -> tuple[str, bytes]: ...

    def is_ours(self, kid: str, payload: bytes, signature: bytes) -> bool: ...


class DerivedSeals:
    """Ed25519 keys (RFC 8032) derived from the key-encryption keys: the database holds nothing that could sign.

    They outlive the rotation of the signing keys; an auditor is given the public ones.
    """

    def __init__(self, encryption: KeyEncryption) -> None:
        self._encryption = encryption

    def sign(self, payload: bytes) -> tuple[str, bytes]:
        kid = self._encryption.first_id
        return kid, self._key(kid).sign(payload)

    def is_ours(self, kid: str, payload: bytes, signature: bytes) -> bool:
        try:
            self.public_key(kid).verify(signature, payload)
        except (InvalidSignature, EncryptionKeyUnknown):
            return False
        return True

    def public_key(self, kid: str) -> Ed25519PublicKey:
        return self._key(kid).public_key()

    def _key(self, kid: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._encryption.derived(kid, "audit seal"))


class TrailBroken(Exception):
    """The newest checkpoint is not ours: sealing on would sign for what someone else wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intact:
    """Every sealed line is as it was written."""

    lines: int
    unsealed: int
    last_position: int
    last_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first place where the trail is not what was sealed."""

    position: int
    why: str


def seal(database: Database, seals: Seals) -> int:
    """Chain the lines that are not yet, and sign a checkpoint a batch; how many were sealed.

    Raises:
        TrailBroken: the newest checkpoint was not signed by us.
    """
    total = 0
    while sealed := _seal_batch(database, seals):
        total += sealed
        if sealed < LINES_A_BATCH:
            break
    return total


def _seal_batch(database: Database, seals: Seals) -> int:
    with database.transaction() as session:
        if not _is_only_sealer(session, is_sqlite=database.is_sqlite):
            return 0
        lines = session.execute(
            select(*_LINES.columns).where(AuditEvent.position.is_(None)).order_by(AuditEvent.id).limit(LINES_A_BATCH)
        ).all()
        if not lines:
            return 0
        last = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.position.desc()).limit(1)).first()
        if last is not None and not seals.is_ours(last.kid, _checkpoint_payload(last), b64decode(last.signature)):
            raise TrailBroken(f"the checkpoint at {last.position} was not signed by us: see `audit verify`")
        position, digest = (last.position, last.digest) if last else (0, BEGINNING)
        sealed = []
        for line in lines:
            position += 1
            salt = secrets.token_hex(16)
            personal = _personal_digest(salt, line)
            digest = _digest(digest, position, line, personal)
            sealed.append({"line": line.id, "position": position, "salt": salt, "personal": personal, "digest": digest})
        session.connection().execute(update(_LINES).where(_LINES.c.id == bindparam("line")), sealed)
        checkpoint = AuditCheckpoint(position=position, digest=digest, at=datetime.now(UTC))
        checkpoint.kid, signature = seals.sign(_checkpoint_payload(checkpoint))
        checkpoint.signature = b64encode(signature).decode("ascii")
        session.add(checkpoint)
    logger.info("audit checkpoint", extra={"position": position, "digest": digest})
    return len(lines)


def verify(database: Database, seals: Seals, *, witness: tuple[int, str] | None = None) -> Intact | Broken:
    """Read the whole trail again; `witness` is a position and digest noted elsewhere, that must still be there."""
    with database.reading() as connection:
        checkpoints = connection.execute(select(AuditCheckpoint.__table__).order_by(AuditCheckpoint.position)).all()
        unsealed = connection.execute(
            select(func.count()).select_from(AuditEvent).where(AuditEvent.position.is_(None))
        ).scalar_one()
    for checkpoint in checkpoints:
        if not seals.is_ours(checkpoint.kid, _checkpoint_payload(checkpoint), b64decode(checkpoint.signature)):
            return Broken(position=checkpoint.position, why="the checkpoint's signature is not ours")
    pruned = next((each for each in reversed(checkpoints) if each.pruned_at is not None), None)
    if pruned is not None and not _is_pruning_ours(pruned, seals):
        return Broken(position=pruned.position, why="lines were removed, and the pruning was not signed by us")
    start, digest = (pruned.position, pruned.digest) if pruned else (0, BEGINNING)
    expected = {each.position: each.digest for each in checkpoints if each.position > start}
    if witness is not None:
        if witness[0] == start and witness[1] != digest:
            return Broken(position=start, why="the digest is not the witness's")
        if witness[0] > start:
            if expected.get(witness[0], witness[1]) != witness[1]:
                return Broken(position=witness[0], why="the digest is not the witness's")
            expected[witness[0]] = witness[1]
    position = start
    for line in _sealed_lines(database, after=start):
        position += 1
        if line.position != position:
            return Broken(position=position, why="a line is missing")
        if line.salt is not None and not hmac.compare_digest(_personal_digest(line.salt, line), line.personal or ""):
            return Broken(position=position, why="the login, address or agent was altered")
        if line.salt is None and (line.login, line.address, line.agent) != (None, None, None):
            return Broken(position=position, why="the login, address or agent was altered")
        digest = _digest(digest, position, line, line.personal)
        if line.digest != digest:
            return Broken(position=position, why="the line was altered, put in or moved")
        if expected.pop(position, digest) != digest:
            return Broken(position=position, why="the chain is not the one that was signed")
    if expected:
        return Broken(position=position + 1, why="lines that were signed are missing")
    if position > (checkpoints[-1].position if checkpoints else 0):
        return Broken(position=position, why="the last lines are not covered by any checkpoint")
    return Intact(lines=position - start, unsealed=unsealed, last_position=position, last_digest=digest)


def erase_personal(database: Database, *, before: datetime, actor: str) -> int:
    """Empty login, address and agent of the sealed lines written before `before`; how many were."""
    with database.transaction() as session:
        erased = session.connection().execute(
            update(AuditEvent)
            .where(AuditEvent.at < before, AuditEvent.position.is_not(None), AuditEvent.salt.is_not(None))
            .values(login=None, address=None, agent=None, salt=None)
        )
        detail = {"lines": erased.rowcount, "before": before.isoformat()}
        Audit(database).record(session, Entry(kind=AuditKind.AUDIT_ERASED, actor=actor, detail=detail))
    return int(erased.rowcount)


def prune(database: Database, seals: Seals, *, before: datetime, actor: str) -> int:
    """Remove lines up to the last checkpoint signed before `before`, which then is where the trail begins."""
    with database.transaction() as session:
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
        Audit(database).record(session, Entry(kind=AuditKind.AUDIT_PRUNED, actor=actor, detail=detail))
    return int(removed.rowcount)


def _is_only_sealer(session: Session, *, is_sqlite: bool) -> bool:
    """On SQLite a writer is alone already."""
    if is_sqlite:
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _SEALER_LOCK}))


def _sealed_lines(database: Database, *, after: int) -> Iterator[Row[Any]]:
    page = select(*_LINES.columns).order_by(AuditEvent.position).limit(LINES_A_BATCH)
    while True:
        with database.reading() as connection:
            lines = connection.execute(page.where(AuditEvent.position > after)).all()
        yield from lines
        if len(lines) < LINES_A_BATCH:
            return
        after = lines[-1].position


def _personal_digest(salt: str, line: Row[Any]) -> str:
    content = _canonical([line.login, line.address, line.agent])
    return hmac.new(bytes.fromhex(salt), content, hashlib.sha256).hexdigest()


def _digest(previous: str, position: int, line: Row[Any], personal: str) -> str:
    words = [
        line.id,
        line.at.isoformat(timespec="microseconds"),
        line.kind,
        line.account,
        line.application,
        line.session,
        line.method,
        line.actor,
        line.detail,
    ]
    return hashlib.sha256(_canonical([previous, position, words, personal])).hexdigest()


def _checkpoint_payload(checkpoint: "AuditCheckpoint | Row[Any]") -> bytes:
    at = checkpoint.at.isoformat(timespec="microseconds")
    return _canonical(["poterne audit checkpoint", checkpoint.position, checkpoint.digest, at])


def _pruning_payload(checkpoint: "AuditCheckpoint | Row[Any]") -> bytes:
    at = checkpoint.pruned_at.isoformat(timespec="microseconds") if checkpoint.pruned_at else None
    return _canonical(["poterne audit pruned", checkpoint.position, checkpoint.digest, at])


def _is_pruning_ours(checkpoint: Row[Any], seals: Seals) -> bool:
    signature = b64decode(checkpoint.pruned_signature or "")
    return seals.is_ours(checkpoint.pruned_kid or "", _pruning_payload(checkpoint), signature)


def _canonical(value: Any) -> bytes:
    """One way to write it, so that a digest has one meaning."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
