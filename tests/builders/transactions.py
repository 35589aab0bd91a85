"""Transactions that do not end well."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.orm import Session

from config.sql.database import Database


class _Stopped(Exception):
    """What ends the transaction."""


@contextmanager
def rolled_back(database: Database) -> Iterator[Session]:
    """A transaction that fails after everything in it was done."""
    with suppress(_Stopped), database.transaction() as session:
        yield session
        raise _Stopped
