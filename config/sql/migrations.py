"""The shape of the database: brought up to date by Alembic, one process at a time.

A history is a package that holds the migrations (`idp:migrations`), named and
not imported: each service has its own, and the ground knows none of them. What
an older node needs is kept until no such node is left, so that versions can
live side by side; a schema newer than ours is not touched.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, exc, text

from config.sql.database import Database, raise_if_unavailable, sqlite_file

IDENTITY_PROVIDER = "idp:migrations"
_MIGRATION_LOCK = 0x90_7E_12


class SchemaTooNew(Exception):
    """The database was brought further by a newer version of this software."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database is at revision {found!r}, which this version does not know:"
            " a newer version has migrated it; run that version, or restore a backup made before"
        )
        self.found = found


def migrate(database: Database, *, history: str = IDENTITY_PROVIDER, to: str = "head") -> bool:
    """Bring the tables up to date (or to revision `to`); whether there was anything to do.

    Two at once: the second waits for the first, and finds nothing left.

    Raises:
        SchemaTooNew: the database is at a revision that we do not know.
    """
    with _alone(database) as connection:
        before = _revision(connection, history)
        command.upgrade(_configuration(history, connection), to)
        return before != _revision(connection, history)


def downgrade(database: Database, to: str, *, history: str = IDENTITY_PROVIDER) -> None:
    """Take the tables back to revision `to`; `base` is an empty database."""
    with _alone(database) as connection:
        _revision(connection, history)
        command.downgrade(_configuration(history, connection), to)


def is_current(database: Database, *, history: str = IDENTITY_PROVIDER) -> bool:
    """Whether the tables are as this version wants them.

    Raises:
        SchemaTooNew: they are newer.
    """
    with database.reading() as connection:
        return _revision(connection, history) == newest(history)


def revision(database: Database) -> str | None:
    """The revision the database is at, None when it is empty."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest(history: str = IDENTITY_PROVIDER) -> str | None:
    """The last revision that this version knows."""
    return ScriptDirectory.from_config(_configuration(history, None)).get_current_head()


def knows(found: str, *, history: str = IDENTITY_PROVIDER) -> bool:
    """Whether this version can bring a schema at revision `found` further."""
    try:
        return ScriptDirectory.from_config(_configuration(history, None)).get_revision(found) is not None
    except CommandError:
        return False


def _revision(connection: Connection, history: str) -> str | None:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and not knows(found, history=history):
        raise SchemaTooNew(found)
    return found


def _configuration(history: str, connection: Connection | None) -> Config:
    configuration = Config(attributes={"connection": connection})
    configuration.set_main_option("script_location", history)
    return configuration


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A connection, with no other process migrating as long as it lasts; kept whole or not at all."""
    try:
        with _file_lock(database), database.engine.connect() as connection:
            if database.is_sqlite:
                # Rebuilding a table drops the old one, which with foreign keys on would empty those that refer to it.
                connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[union-attr]
            try:
                with connection.begin():
                    if not database.is_sqlite:
                        connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))
                        connection.execute(text("SELECT set_config('lock_timeout', '60s', true)"))
                        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
                    yield connection
            finally:
                connection.invalidate()
    except exc.SQLAlchemyError as error:
        raise_if_unavailable(error)
        raise


@contextmanager
def _file_lock(database: Database) -> Iterator[None]:
    """Beside the SQLite file: a second process waits, where SQLite's own lock would give up after five seconds."""
    file = sqlite_file(database)
    if file is None:
        yield
        return
    name = file.with_name(f"{file.name}.migration-lock")
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
