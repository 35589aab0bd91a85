"""The SQL database: `reading` gives a connection for reads, `transaction` a session for writes.

Every connection is in the driver's autocommit mode, and we send BEGIN ourselves. So a frequent read is a single
statement, and a writer on SQLite can send BEGIN IMMEDIATE (a transaction that reads before it writes
fails if another has written meanwhile).

`declarative.py` declares tables, and `migrations.py` migrates them.
"""

import os
import weakref
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import URL, Connection, Engine, Pool, create_engine, event, exc, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from config.common_settings import CommonSettings
from config.outages import Outage
from config.private_files import make_private_file
from config.sql import postgresql
from config.sql.errors import READ_ONLY, DatabaseUnavailable, UnfitDatabase, raise_if_unavailable, reason, sqlstate
from config.sql.sqlite_write_lock import QueueTooLong, WritersQueue

__all__ = [
    "SQLITE_FILE", "Database", "DatabaseUnavailable", "UnfitDatabase", "database_address", "db", "raise_if_unavailable",
    "sqlite_file",
]  # fmt: skip

SQLITE_FILE = "poterne.sqlite"
LONGEST_WAIT = 5.0  # seconds, for a connection of the pool and for the other writers of a SQLite file

_OF_THE_PARENT: list[Pool] = []

db = SQLAlchemy()  # only makes the engine; each service declares its tables on its own base (declarative.py)


class Database:
    """An engine with our rules for transactions, outages and processes."""

    def __init__(self, engine: Engine, *, outage: Outage | None = None) -> None:
        """`outage` records when the database stops answering and when it answers again."""
        self.engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self.outage = outage or Outage("database")
        self._reads = engine.execution_options(one_statement=True)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        file = sqlite_file(self)
        self._queue = WritersQueue(file, patience=LONGEST_WAIT) if file else None
        self._turn = self._queue or nullcontext()  # SQLite has one writer at a time, PostgreSQL many
        _leave_connections_to_the_parent(engine)
        if self._is_sqlite:
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_on_sqlite)
        else:
            postgresql.prepare(engine)

    @classmethod
    def of(cls, app: Flask, settings: CommonSettings) -> "Database":
        """The database of a Flask application, with the engine that Flask-SQLAlchemy makes."""
        address = database_address(settings)
        app.config["SQLALCHEMY_DATABASE_URI"] = address
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(address, threads=settings.threads)
        db.init_app(app)
        with app.app_context():
            return cls(db.engine, outage=_outage(settings))

    @classmethod
    def open(cls, settings: CommonSettings) -> "Database":
        """The database of the settings without a Flask application, for commands and jobs."""
        return cls.at(database_address(settings), threads=settings.threads, outage=_outage(settings))

    @classmethod
    def at(cls, address: str | URL, *, threads: int = 2, outage: Outage | None = None) -> "Database":
        url = make_url(address)
        return cls(create_engine(url, **engine_options(url, threads=threads)), outage=outage)

    @property
    def is_sqlite(self) -> bool:
        return self._is_sqlite

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for reads. Each statement is a transaction of its own.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        try:
            with self._reads.connect() as connection:
                yield connection
        except (exc.SQLAlchemyError, UnfitDatabase) as error:
            self.raise_if_away(error)
            raise
        if self.outage.is_on:
            self.outage.ended()

    def write(self, statement: str, values: Sequence[Any]) -> None:
        """Execute one statement of the driver as a transaction of its own, durable when this returns.

        Without this method, SQLAlchemy takes as long as SQLite itself (docs/performance.md).

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        driver = self.engine.dialect.loaded_dbapi
        try:
            with self._turn, closing(self.engine.raw_connection()) as connection:
                try:
                    connection.cursor().execute(statement, values)
                except BaseException:
                    connection.invalidate()
                    raise
        except driver.Error as failure:
            error = exc.DBAPIError.instance(statement, None, failure, driver.Error, hide_parameters=True)
            self.raise_if_away(error)
            raise error from failure
        except (exc.SQLAlchemyError, QueueTooLong, UnfitDatabase) as error:
            self.raise_if_away(error)
            raise
        if self.outage.is_on:
            self.outage.ended()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end and rolls back on any error. On SQLite, it locks for writing at once.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        try:
            with self._turn, self._sessions.begin() as session:
                yield session
        except (exc.SQLAlchemyError, QueueTooLong, UnfitDatabase) as error:
            self.raise_if_away(error)
            raise
        if self.outage.is_on:
            self.outage.ended()

    def raise_if_away(self, error: Exception) -> None:
        """Raise `DatabaseUnavailable` if `error` is a fault of the database and not of our statement."""
        try:
            raise_if_unavailable(error)
        except DatabaseUnavailable:
            self.outage.began(reason(error))
            if sqlstate(getattr(error, "orig", None)) == READ_ONLY:
                self._leave_the_server()
            raise

    def check_writable(self) -> None:
        """Check, without writing, that a transaction may write.

        Raises:
            DatabaseUnavailable: the database does not answer, or is read-only.
        """
        with self.transaction() as session:  # on SQLite, BEGIN IMMEDIATE takes the lock for writing
            if self._is_sqlite:
                session.execute(text("SELECT 1"))
            elif session.scalar(text("SHOW transaction_read_only")) != "off":
                self.outage.began(READ_ONLY)
                self._leave_the_server()
                raise DatabaseUnavailable("the database is read-only")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection whose reads all see the same state of the database. Writers do not wait for it."""
        with self.reading() as connection:
            if self._is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))
            yield connection
            connection.exec_driver_sql("ROLLBACK")

    def bound(self, at: datetime) -> datetime | str:
        """`at` in the form that the driver takes in `write`. Elsewhere, `UtcDateTime` converts it."""
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if self._is_sqlite else at

    def close(self) -> None:
        """Close the connections of the pool."""
        self.engine.dispose()
        if self._queue is not None:
            self._queue.close()

    def _leave_the_server(self) -> None:
        """Close the connections: the server is read-only, and another one may accept writes now."""
        self.engine.dispose()


def database_address(settings: CommonSettings) -> URL:
    """The SQLAlchemy address of the settings. Without one, a SQLite file in the data folder that only we can read."""
    if settings.database_url:
        return make_url(settings.database_url)
    folder = settings.data_folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_private_file(folder / SQLITE_FILE)  # SQLite gives its -wal and -shm companions the permissions of the file
    return URL.create("sqlite", database=str(folder / SQLITE_FILE))


def _outage(settings: CommonSettings) -> Outage:
    return Outage("database", lock=settings.data_folder.absolute() / ".database-away.lock")


def sqlite_file(database: Database) -> Path | None:
    """The file of a SQLite database, or None for PostgreSQL."""
    name = database.engine.url.database
    return Path(name) if database.is_sqlite and name else None


def engine_options(url: URL, *, threads: int) -> dict[str, Any]:
    """The arguments of `create_engine`. The pool has a connection for each of `threads`, and some for jobs."""
    if url.get_backend_name() == "sqlite":
        connect: dict[str, Any] = {"timeout": LONGEST_WAIT, "isolation_level": None, "cached_statements": 256}
    else:
        connect = postgresql.connect_arguments(url)
    return {
        "connect_args": connect,
        "pool_size": threads + 2,
        "max_overflow": threads + 2,
        "pool_timeout": LONGEST_WAIT,
        "pool_use_lifo": True,  # with SQLite, the page cache of the connection used last is the freshest
        "hide_parameters": True,  # an error must not carry a password hash into the journal
    }


def _leave_connections_to_the_parent(engine: Engine) -> None:
    """Let a forked child process open its own connections.

    SQLAlchemy's manual, "Using Connection Pools with Multiprocessing or os.fork()". The child keeps a reference to
    the old pool, because closing its connections would end the parent's sessions.
    """
    reference = weakref.ref(engine)

    def leave() -> None:
        if (found := reference()) is not None:
            _OF_THE_PARENT.append(found.pool)
            found.dispose(close=False)

    os.register_at_fork(after_in_child=leave)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an answer is sent only after its audit entry is durable
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.close()


def _begin_on_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("one_statement"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
