"""Migrates a database with Alembic, one process at a time.

The migrations of a service are a package, named and not imported (`idp:migrations`).
A migration keeps what the previous version needs, so that nodes of both versions can
run together. A database that a newer version has migrated is not changed.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, exc, text

from config.sql.database import Database, raise_if_unavailable, sqlite_file

_MIGRATION_LOCK = 0x90_7E_12


class SchemaTooNew(Exception):
    """A newer version of this software has migrated the database."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"the database is at revision {found!r}, which this version does not know:"
            " a newer version has migrated it; run that version, or restore a backup made before"
        )
        self.found = found


class Migrations:
    """The migrations of one service's database."""

    def __init__(self, package: str) -> None:
        """`package` has the migrations, in the form of Alembic: `idp:migrations`."""
        self._package = package

    def migrate(self, database: Database, *, to: str = "head") -> bool:
        """Migrate the database to the newest revision, or to `to`; return whether anything changed.

        While another process migrates, this one waits, and then has nothing to do.

        Raises:
            SchemaTooNew: the database is at a revision that this version does not know.
        """
        with _exclusive_connection(database) as connection:
            before = self._revision(connection)
            command.upgrade(self._configuration(connection), to)
            return before != self._revision(connection)

    def downgrade(self, database: Database, to: str) -> None:
        """Migrate the database back to revision `to`; `base` is an empty database."""
        with _exclusive_connection(database) as connection:
            self._revision(connection)
            command.downgrade(self._configuration(connection), to)

    def is_current(self, database: Database) -> bool:
        """Whether the database is at the newest revision of this version.

        Raises:
            SchemaTooNew: the database is at a revision of a newer version.
        """
        with database.reading() as connection:
            return self._revision(connection) == self.newest()

    def newest(self) -> str | None:
        """The newest revision of this version."""
        return self._scripts.get_current_head()

    def knows(self, found: str) -> bool:
        """Whether this version can migrate a database from revision `found`."""
        try:
            return self._scripts.get_revision(found) is not None
        except CommandError:
            return False

    def _revision(self, connection: Connection) -> str | None:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is not None and not self.knows(found):
            raise SchemaTooNew(found)
        return found

    @cached_property
    def _scripts(self) -> ScriptDirectory:
        return ScriptDirectory.from_config(self._configuration(None))

    def _configuration(self, connection: Connection | None) -> Config:
        configuration = Config(attributes={"connection": connection})
        configuration.set_main_option("script_location", self._package)
        return configuration


def revision(database: Database) -> str | None:
    """The revision of the database, None when it is empty."""
    with database.reading() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _exclusive_connection(database: Database) -> Iterator[Connection]:
    """A connection in one transaction, while no other process migrates."""
    try:
        with _file_lock(database), database.engine.connect() as connection:
            if database.is_sqlite:
                # Rebuilding a table drops the old one; with foreign keys on, that empties the tables that refer to it.
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
    """A lock file for SQLite, for which a second process waits; SQLite's own lock would fail after five seconds."""
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
