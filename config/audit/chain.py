"""The seal of the audit trail: lines are chained in batches, and checkpoints are signed.

Each line's digest covers the digest before it and its own words, so that a line
altered, removed, put in or moved breaks the chain. A checkpoint signs the digest
reached, with a key the database does not hold, so that the chain cannot be made
anew. Login, address and agent are covered by one salted digest: erasing them and
the salt leaves the chain whole and the digest telling nothing.

`verification.py` reads the trail again; `erasure.py` erases and prunes.
"""

import hashlib
import hmac
import json
import logging
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import BigInteger, Row, Table, Text, bindparam, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.audit.trail import AuditEvent
from config.audit.vocabulary import TrailAuditKind
from config.encryption import EncryptionKeyUnknown, KeyEncryption
from config.sql.database import Database
from config.sql.declarative import SharedBase

LINES_A_BATCH = 500
BEGINNING = "0" * 64
_SEALER_LOCK = 0x5EA1

LINES = cast(Table, AuditEvent.__table__)

_FIRST_FORMAT = "poterne audit checkpoint"
"""What checkpoints signed before erasures had signed records; no newer checkpoint is signed so."""
_PRESENT_FORMAT = "poterne audit checkpoint 2"

logger = logging.getLogger(__name__)


class AuditCheckpoint(SharedBase):
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


class Checkpoint(Protocol):
    """What a checkpoint says, wherever it is kept."""

    @property
    def position(self) -> int: ...
    @property
    def digest(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def kid(self) -> str: ...
    @property
    def signature(self) -> str: ...


def newest_checkpoint(database: Database) -> Row[Any] | None:
    """The newest checkpoint, whoever signed it."""
    newest = select(AuditCheckpoint.__table__).order_by(AuditCheckpoint.position.desc()).limit(1)
    with database.reading() as connection:
        return connection.execute(newest).first()


def is_checkpoint_ours(checkpoint: "Checkpoint | Row[Any]", seals: Seals) -> bool:
    """Whether we signed it, in the present format or the first one."""
    return _is_signed(checkpoint, seals, _PRESENT_FORMAT) or is_of_first_format(checkpoint, seals)


def is_of_first_format(checkpoint: "Checkpoint | Row[Any]", seals: Seals) -> bool:
    """Whether we signed it before erasures had signed records."""
    return _is_signed(checkpoint, seals, _FIRST_FORMAT)


def checkpoint_payload(position: int, digest: str, at: datetime, form: str = _PRESENT_FORMAT) -> bytes:
    """What the signature of a checkpoint covers."""
    return canonical([form, position, digest, at.isoformat(timespec="microseconds")])


def personal_digest(salt: str, line: Row[Any]) -> str:
    """The salted digest of a line's login, address and agent."""
    content = canonical([line.login, line.address, line.agent])
    return hmac.new(bytes.fromhex(salt), content, hashlib.sha256).hexdigest()


def line_digest(previous: str, position: int, line: Row[Any], personal: str) -> str:
    """The digest of a line at `position`, which covers that of the line before it."""
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
    return hashlib.sha256(canonical([previous, position, words, personal])).hexdigest()


def canonical(value: Any) -> bytes:
    """One way to write it, so that a digest has one meaning."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _seal_batch(database: Database, seals: Seals) -> int:
    with database.transaction() as session:
        if not _is_only_sealer(session, is_sqlite=database.is_sqlite):
            return 0
        lines = session.execute(
            select(*LINES.columns).where(AuditEvent.position.is_(None)).order_by(AuditEvent.id).limit(LINES_A_BATCH)
        ).all()
        if not lines:
            return 0
        last = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.position.desc()).limit(1)).first()
        if last is None:
            logger.warning("the audit trail begins here: there is no checkpoint before it", extra={"id": lines[0].id})
        elif not is_checkpoint_ours(last, seals):
            raise TrailBroken(f"the checkpoint at {last.position} was not signed by us: see `audit verify`")
        position, digest = (last.position, last.digest) if last else (0, BEGINNING)
        sealed = []
        for line in lines:
            position += 1
            salt = secrets.token_hex(16)
            personal = personal_digest(salt, line)
            digest = line_digest(digest, position, line, personal)
            sealed.append({"line": line.id, "position": position, "salt": salt, "personal": personal, "digest": digest})
        session.connection().execute(update(LINES).where(LINES.c.id == bindparam("line")), sealed)
        form = _FIRST_FORMAT if _ends_first_format(last, lines, seals) else _PRESENT_FORMAT
        checkpoint = AuditCheckpoint(position=position, digest=digest, at=datetime.now(UTC))
        checkpoint.kid, signature = seals.sign(checkpoint_payload(position, digest, checkpoint.at, form))
        checkpoint.signature = b64encode(signature).decode("ascii")
        session.add(checkpoint)
    logger.info("audit checkpoint", extra={"position": position, "digest": digest})
    return len(lines)


def _ends_first_format(last: AuditCheckpoint | None, lines: Sequence[Row[Any]], seals: Seals) -> bool:
    """Whether an erasure of the previous version is among these lines, and not sealed yet: it has no signed record.

    The line that tells of it must come before the first checkpoint of the present format.
    """
    return (
        last is not None
        and any(line.kind == TrailAuditKind.AUDIT_ERASED and '"positions"' not in line.detail for line in lines)
        and is_of_first_format(last, seals)
    )


def _is_only_sealer(session: Session, *, is_sqlite: bool) -> bool:
    """On SQLite a writer is alone already."""
    if is_sqlite:
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _SEALER_LOCK}))


def _is_signed(checkpoint: "Checkpoint | Row[Any]", seals: Seals, form: str) -> bool:
    payload = checkpoint_payload(checkpoint.position, checkpoint.digest, checkpoint.at, form)
    return seals.is_ours(checkpoint.kid, payload, decoded(checkpoint.signature))


def decoded(signature: str | None) -> bytes:
    """The octets of a stored signature; none when it is not base64, which nobody's signature is."""
    try:
        return b64decode(signature or "", validate=True)
    except ValueError:
        return b""
