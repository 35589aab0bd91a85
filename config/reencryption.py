"""Re-encrypts the sealed values in the database with the first key-encryption key, so that an old key can be deleted.

A column with sealed values has an `info` such as `{"sealed_for": "signing-key:{kid}"}`:
the template of what a value is bound to, filled from its row.
"""

from typing import Any

from sqlalchemy import Column, MetaData, Table, select, update

from config.encryption import KeyEncryption, sealed_by
from config.sql.database import Database

SEALED_FOR = "sealed_for"


def sealed_columns(metadata: MetaData) -> list[tuple[Table, Column[Any]]]:
    """Every column with sealed values."""
    return [
        (table, column) for table in metadata.sorted_tables for column in table.columns if SEALED_FOR in column.info
    ]


def reseal(database: Database, encryption: KeyEncryption, metadata: MetaData) -> int:
    """Re-encrypt every value that an older key sealed; return their number. Idempotent.

    Raises:
        EncryptionError: a value cannot be opened. Nothing is changed.
    """
    resealed = 0
    with database.transaction() as session:
        for table, column in sealed_columns(metadata):
            for row in session.execute(select(*table.columns).with_for_update()).mappings().all():
                if row[column.name] is None or sealed_by(row[column.name]) == encryption.first_id:
                    continue
                value = encryption.reseal(row[column.name], bound_to=column.info[SEALED_FOR].format_map(row))
                this_row = [key == row[key.name] for key in table.primary_key.columns]
                session.execute(update(table).where(*this_row).values({column.name: value}))
                resealed += 1
    return resealed
