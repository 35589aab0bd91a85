"""Write the whole database of a service to one file, and restore an empty database from it.

The file is JSON lines compressed by gzip: a header, then each table and its rows, then
an end with the checksum and an authentication code. What is encrypted in the database, such as signing keys, is
encrypted in the file. The file never contains the key-encryption key, which must be kept elsewhere: without it nobody
can decrypt them. `values.py` says how each type of value is written.
"""

import gzip
import hashlib
import hmac
import json
import os
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, Table, column, func, insert, select, table, text
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.audit.vocabulary import BackupAuditKind
from config.backup.values import Kind, decode_value, encode_value, kind_of
from config.encryption import EncryptionKeyUnknown, KeyEncryption, sealed_by
from config.sql.database import Database
from config.sql.migrations import Migrations, SchemaTooNew, revision
from config.strict_parsing import parse_json

FORMAT = "poterne backup 1"
ROWS_AT_ONCE = 500


class BackupRefused(Exception):
    """The backup cannot be made or restored; the text tells an operator why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDatabase:
    """What the database of a service holds."""

    service: str
    """The name of the service: a backup of one is not restored into another."""
    migrations: Migrations
    tables: MetaData


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupSummary:
    """The contents of a backup."""

    made_at: datetime
    revision: str
    """The Alembic revision of its tables."""
    tables: dict[str, int]
    """The number of rows of each table."""
    key_ids: tuple[str, ...]
    """The identifiers of the key-encryption keys that a restore needs."""


def back_up(
    of: ServiceDatabase, database: Database, encryption: KeyEncryption, file: Path, *, actor: Actor
) -> BackupSummary:
    """Write one consistent snapshot of the database to `file`, while the service keeps running.

    The file has mode 0600 and appears under its name once it is complete.

    Raises:
        BackupRefused: the tables are not up to date.
        OSError: the file cannot be written.
    """
    if not of.migrations.is_current(database):
        raise BackupRefused(f"the tables are not up to date: run `{of.service} migrate` first")
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            with gzip.GzipFile(fileobj=opened, mode="wb", filename="") as packed, database.snapshot() as connection:
                summary = _write(of, _Lines(packed), connection, encryption)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    Audit(database).record_durably(
        AuditEntry(kind=BackupAuditKind.BACKUP_MADE, actor=actor, detail={"rows": sum(summary.tables.values())})
    )
    return summary


def restore(
    of: ServiceDatabase, database: Database, encryption: KeyEncryption, file: Path, *, actor: Actor
) -> BackupSummary:
    """Fill an empty database from `file`, then bring its tables up to date.

    The whole file is checked before the first row is written, and all rows are written
    in one transaction: when the restoration fails, the database stays empty.

    Raises:
        BackupRefused: the database is not empty, the file was altered, another service or a newer version
            made it, or our key file lacks a key that it needs.
    """
    summary = inspect_backup(of, file, encryption)
    _refuse_unless_empty(of, database)
    if revision(database) not in (None, summary.revision):
        of.migrations.downgrade(database, "base")
    of.migrations.migrate(database, to=summary.revision)
    with database.transaction() as session:
        _fill(of, session, file)
        restored = {"made_at": summary.made_at.isoformat(), "rows": sum(summary.tables.values())}
        if summary.revision == of.migrations.newest():
            Audit(database).record(
                session, AuditEntry(kind=BackupAuditKind.BACKUP_RESTORED, actor=actor, detail=restored)
            )
    if of.migrations.migrate(database):
        Audit(database).record_durably(AuditEntry(kind=BackupAuditKind.BACKUP_RESTORED, actor=actor, detail=restored))
    return summary


def inspect_backup(of: ServiceDatabase, file: Path, encryption: KeyEncryption) -> BackupSummary:
    """Read and check the whole file without touching the database.

    Raises:
        BackupRefused: the file is not a backup, is incomplete or altered, was made by another service or a newer
            version, or needs a key that our key file lacks.
    """
    tables: dict[str, int] = {}
    head: dict[str, Any] = {}
    end: dict[str, Any] = {}
    digest, current = hashlib.sha256(), ""
    for line, value in _lines(file):
        if end:
            raise BackupRefused(f"{file}: has more lines after its end")
        match value:
            case {"format": found, **_kept} if not head:
                if found != FORMAT:
                    raise BackupRefused(
                        f"{file}: has the format {str(found)[:40]!r}, but this version reads {FORMAT!r}"
                    )
                head = value
            case {"table": str(current), **_kept} if head:
                tables[current] = 0
            case list() if current:
                tables[current] += 1
            case {"sha256": str(), **_kept} if head:
                end = value
                continue
            case _:
                raise BackupRefused(f"{file} is not a backup")
        digest.update(line)
    if not end:
        raise BackupRefused(f"{file}: is incomplete: its end is missing")
    if end["sha256"] != digest.hexdigest():
        raise BackupRefused(f"{file}: was altered after it was made: its checksum does not match")
    try:
        _refuse_other_keys(file, end, encryption)
        _refuse_other_service(of, file, head.get("service", of.service))
        _refuse_newer(of, file, head["revision"])
        return BackupSummary(
            made_at=datetime.fromisoformat(head["made_at"]),
            revision=head["revision"],
            tables=tables,
            key_ids=tuple(end["keys"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BackupRefused(f"{file} is not a backup") from None


class _Lines:
    """Writes JSON lines and computes their SHA-256."""

    def __init__(self, opened: gzip.GzipFile) -> None:
        self._opened = opened
        self.digest = hashlib.sha256()

    def write(self, value: object) -> None:
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._opened.write(line)
        self.digest.update(line)


def _write(of: ServiceDatabase, lines: _Lines, connection: Connection, encryption: KeyEncryption) -> BackupSummary:
    made_at, at_revision = datetime.now(UTC), of.migrations.newest() or ""
    lines.write({"format": FORMAT, "service": of.service, "made_at": made_at.isoformat(), "revision": at_revision})
    counts: dict[str, int] = {}
    key_ids: set[str] = set()
    for each in of.tables.sorted_tables:
        kinds = [kind_of(column) for column in each.columns]
        lines.write(
            {"table": each.name, "columns": [[c.name, kind] for c, kind in zip(each.columns, kinds, strict=True)]}
        )
        counts[each.name] = 0
        ordered = select(*each.columns).order_by(*each.primary_key.columns).execution_options(yield_per=ROWS_AT_ONCE)
        for row in connection.execute(ordered):
            values = [encode_value(kind, value) for kind, value in zip(kinds, row, strict=True)]
            key_ids |= {sealed_by(value) for value in values if isinstance(value, str) and value.startswith("sealed1.")}
            lines.write(values)
            counts[each.name] += 1
    sha256, key_id = lines.digest.hexdigest(), encryption.first_id
    lines.write(
        {
            "sha256": sha256,
            "keys": {each: _key_check(encryption, each) for each in sorted(key_ids)},
            "by": key_id,
            "mac": _mac(encryption, key_id, sha256),
        }
    )
    return BackupSummary(made_at=made_at, revision=at_revision, tables=counts, key_ids=tuple(sorted(key_ids)))


def _fill(of: ServiceDatabase, session: Session, file: Path) -> None:
    connection = session.connection()
    target, names, kinds = "", [], []  # type: tuple[str, list[str], list[Kind]]
    rows: list[dict[str, Any]] = []

    def flush() -> None:
        if rows:
            columns = [column(name, kind.column_type()) for name, kind in zip(names, kinds, strict=True)]
            connection.execute(insert(table(target, *columns)), rows)
            rows.clear()

    for _, value in _lines(file):
        if isinstance(value, list):
            rows.append({name: decode_value(k, each) for name, k, each in zip(names, kinds, value, strict=True)})
            if len(rows) >= ROWS_AT_ONCE:
                flush()
        elif "table" in value:
            flush()
            target = value["table"]
            names, kinds = [name for name, _ in value["columns"]], [Kind(kind) for _, kind in value["columns"]]
    flush()
    if connection.dialect.name == "postgresql":
        for each in of.tables.sorted_tables:
            if connection.dialect.has_table(connection, each.name):
                _advance_sequence(connection, each)


def _advance_sequence(connection: Connection, each: Table) -> None:
    """Set the sequence of the table's counter to the highest restored number.

    PostgreSQL does not advance a sequence when inserted rows already have their numbers.
    """
    counter = each.autoincrement_column
    if counter is None:
        return
    highest = connection.execute(select(func.max(counter))).scalar()
    if highest is not None:
        sequence = func.pg_get_serial_sequence(each.name, counter.name)
        connection.execute(select(func.setval(sequence, highest)))


def _lines(file: Path) -> Iterator[tuple[bytes, Any]]:
    try:
        with gzip.open(file, "rb") as opened:
            for line in opened:
                yield line, parse_json(line)
    except OSError as wrong:
        raise BackupRefused(
            f"{file}: cannot be read: {os.strerror(wrong.errno) if wrong.errno else 'damaged'}"
        ) from None
    except (ValueError, EOFError, zlib.error):
        raise BackupRefused(f"{file}: is damaged or incomplete") from None


def _refuse_unless_empty(of: ServiceDatabase, database: Database) -> None:
    if revision(database) is None:
        of.migrations.migrate(database)
    with database.reading() as connection:
        full = [
            each.name
            for each in of.tables.sorted_tables
            if connection.dialect.has_table(connection, each.name)
            and connection.execute(select(text("1")).select_from(each).limit(1)).first()
        ]
    if full:
        raise BackupRefused(f"the database is not empty ({', '.join(full)} have rows): restore into an empty one")


def _refuse_other_keys(file: Path, end: dict[str, Any], encryption: KeyEncryption) -> None:
    try:
        for key_id, check in end["keys"].items():
            if not hmac.compare_digest(_key_check(encryption, key_id), check):
                raise BackupRefused(
                    f"{file}: the key-encryption key {key_id!r} in your key file differs from the one of this backup"
                )
        if not hmac.compare_digest(_mac(encryption, end["by"], end["sha256"]), end["mac"]):
            raise BackupRefused(f"{file}: was made with other key-encryption keys, or was altered afterwards")
    except EncryptionKeyUnknown as unknown:
        raise BackupRefused(
            f"{file}: needs the key-encryption key {unknown.key_id!r}: add its line to the key-encryption key file"
        ) from None


def _refuse_other_service(of: ServiceDatabase, file: Path, found: object) -> None:
    """A backup that names no service was made when there was only one."""
    if found != of.service:
        raise BackupRefused(f"{file}: is a backup of {str(found)[:40]!r}, not of {of.service!r}")


def _refuse_newer(of: ServiceDatabase, file: Path, found: str) -> None:
    if not of.migrations.knows(found):
        raise BackupRefused(f"{file}: {SchemaTooNew(found)}")


def _key_check(encryption: KeyEncryption, key_id: str) -> str:
    return hashlib.sha256(encryption.derived(key_id, "backup key check")).hexdigest()


def _mac(encryption: KeyEncryption, key_id: str, sha256: str) -> str:
    return hmac.new(encryption.derived(key_id, "backup"), sha256.encode("ascii"), hashlib.sha256).hexdigest()
