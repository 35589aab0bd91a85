"""Writes the whole database of a service to one file (`backup_file.py`), while the service keeps running."""

import gzip
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, select

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.audit.vocabulary import BackupAuditKind
from config.backup.backup_file import FORMAT, ROWS_AT_ONCE, BackupRefused, BackupSummary, LineWriter, ServiceDatabase
from config.backup.values import encode_value, kind_of
from config.encryption import KeyEncryption, sealed_by
from config.sql.database import Database


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
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as wrong:
        raise OSError(wrong.errno, wrong.strerror, str(file)) from None  # the file that was asked for, not the draft
    try:
        with os.fdopen(descriptor, "wb") as opened:
            with gzip.GzipFile(fileobj=opened, mode="wb", filename="") as packed, database.snapshot() as connection:
                summary = _write(of, LineWriter(packed), connection, encryption)
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    Audit(database).record_durably(
        AuditEntry(kind=BackupAuditKind.BACKUP_MADE, actor=actor, detail={"rows": sum(summary.tables.values())})
    )
    return summary


def _write(of: ServiceDatabase, lines: LineWriter, connection: Connection, encryption: KeyEncryption) -> BackupSummary:
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
    lines.write_end(key_ids, encryption)
    return BackupSummary(made_at=made_at, revision=at_revision, tables=counts, key_ids=tuple(sorted(key_ids)))
