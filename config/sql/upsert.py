"""Inserts that meet an existing row: one statement, so that two writers at once both succeed.

`Session.merge` looks first and inserts then. On PostgreSQL, the second of two that find no row fails.
"""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def insert_or_update(session: Session, table: type[DeclarativeBase]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that takes `on_conflict_do_update`, in the dialect of the session's database."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def put(session: Session, table: type[DeclarativeBase], **values: Any) -> None:
    """Insert a row of `values`, or give these values to the row that has its primary key."""
    keys = [column.name for column in inspect(table).primary_key]
    statement = insert_or_update(session, table).values(values)
    others = {name: value for name, value in values.items() if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))
