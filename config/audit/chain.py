"""Seals the audit trail: chains its entries in batches, and signs checkpoints.

The digest of an entry covers its content and the digest before it, so that the chain breaks when an entry is altered,
removed, inserted or moved. A checkpoint signs the last digest with a key that the database does not contain, so that
the chain cannot be recomputed. One salted digest covers login, address and agent: when they are erased with their salt,
the chain stays valid and the digest reveals nothing.

`verification.py` verifies the chain; `erasure.py` erases and prunes.
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

_FIRST_FORMAT = "poterne audit checkpoint"  # signed before erasures had signed records, and not since
_PRESENT_FORMAT = "poterne audit checkpoint 2"

logger = logging.getLogger(__name__)


class AuditCheckpoint(SharedBase):
    """The signed digest at a position. Entries are deleted only up to a checkpoint with `pruned_at`."""

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
    """Signs checkpoints and verifies our signatures."""

    def sign(self, payload: bytes) -> tuple[str, bytes]: ...

    def is_ours(self, kid: str, payload: bytes, signature: bytes) -> bool: ...


class DerivedSeals:
    """Ed25519 keys (RFC 8032) derived from the key-encryption keys, so that the database contains no signing key.

    They do not change when the signing keys rotate. An auditor needs only the public keys.
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
    """The newest checkpoint was not signed by us. To seal further would sign entries that another program wrote."""


def seal(database: Database, seals: Seals) -> int:
    """Chain the entries that are not chained yet, sign a checkpoint for each batch, and return their number.

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
    """A checkpoint, in the database or kept on another machine."""

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
    """The newest checkpoint; its signature is not verified."""
    newest = select(AuditCheckpoint.__table__).order_by(AuditCheckpoint.position.desc()).limit(1)
    with database.reading() as connection:
        return connection.execute(newest).first()


def is_checkpoint_ours(checkpoint: "Checkpoint | Row[Any]", seals: Seals) -> bool:
    """Whether we signed it, in the present format or the first one."""
    return _is_signed(checkpoint, seals, _PRESENT_FORMAT) or is_of_first_format(checkpoint, seals)


def is_of_first_format(checkpoint: "Checkpoint | Row[Any]", seals: Seals) -> bool:
    """Whether we signed it in the first format, before erasures had signed records."""
    return _is_signed(checkpoint, seals, _FIRST_FORMAT)


def checkpoint_payload(position: int, digest: str, at: datetime, form: str = _PRESENT_FORMAT) -> bytes:
    """The octets that the signature of a checkpoint covers."""
    return canonical([form, position, digest, at.isoformat(timespec="microseconds")])


def personal_digest(salt: str, line: Row[Any]) -> str:
    """The salted digest of an entry's login, address and agent."""
    content = canonical([line.login, line.address, line.agent])
    return hmac.new(bytes.fromhex(salt), content, hashlib.sha256).hexdigest()


def line_digest(previous: str, position: int, line: Row[Any], personal: str) -> str:
    """The digest of the entry at `position`; it covers the digest of the entry before it."""
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
    """`value` in the one JSON spelling that digests and signatures cover."""
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
    """Whether these entries report an erasure by the previous version, which made no signed record of it.

    Verification accepts such an erasure only before the first checkpoint of the present format.
    """
    return (
        last is not None
        and any(line.kind == TrailAuditKind.AUDIT_ERASED and '"positions"' not in line.detail for line in lines)
        and is_of_first_format(last, seals)
    )


def _is_only_sealer(session: Session, *, is_sqlite: bool) -> bool:
    """Whether no other process is sealing. SQLite has one writer at a time anyway."""
    if is_sqlite:
        return True
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _SEALER_LOCK}))


def _is_signed(checkpoint: "Checkpoint | Row[Any]", seals: Seals, form: str) -> bool:
    payload = checkpoint_payload(checkpoint.position, checkpoint.digest, checkpoint.at, form)
    return seals.is_ours(checkpoint.kid, payload, decoded(checkpoint.signature))


def decoded(signature: str | None) -> bytes:
    """The octets of a stored signature; empty, which never verifies, when it is not base64."""
    try:
        return b64decode(signature or "", validate=True)
    except ValueError:
        return b""
