"""Restores an empty database, SQLite or PostgreSQL, from the file of a backup (`backup_file.py`)."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, column, func, insert, select, table, text
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.audit.vocabulary import BackupAuditKind
from config.backup.backup_file import (
    ROWS_AT_ONCE,
    BackupRefused,
    BackupSummary,
    ServiceDatabase,
    inspect_backup,
    read_lines,
)
from config.backup.values import Kind, decode_value
from config.encryption import KeyEncryption
from config.sql.database import Database
from config.sql.migrations import revision


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


def _fill(of: ServiceDatabase, session: Session, file: Path) -> None:
    connection = session.connection()
    target, names, kinds = "", [], []  # type: tuple[str, list[str], list[Kind]]
    rows: list[dict[str, Any]] = []

    def flush() -> None:
        if rows:
            columns = [column(name, kind.column_type()) for name, kind in zip(names, kinds, strict=True)]
            connection.execute(insert(table(target, *columns)), rows)
            rows.clear()

    for _, value in read_lines(file):
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
