"""The SQL database: one Base, aware datetimes, and the two ways in, `reading` and `transaction`.

What must not be forgotten lives here. Every connection stays in the driver's
autocommit mode and we say BEGIN ourselves, so that a hot read is one statement
and nothing else, and so that a writer on SQLite says BEGIN IMMEDIATE (one that
begins by reading and then writes fails as soon as another has written).

Bringing the tables up to date is in `schema.py`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    create_engine,
    event,
    exc,
    make_url,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from config.kept_connection import KeptConnection, is_closed_by_server
from config.readers import Readers
from config.settings import Settings
from config.writers import QueueTooLong, WritersQueue

SQLITE_FILE = "poterne.sqlite"
LONGEST_WAIT = 5.0  # seconds: for a place in the pool, for those who write to a SQLite file

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class DatabaseUnavailable(Exception):
    """The database does not answer, or not in time. The edge makes a 503 page of it; nothing was written."""


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Only aware datetimes go in, only UTC ones come out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone is not an instant")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The one declarative base: a service's tables are those whose modules it imports."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy reads it from the class


db: SQLAlchemy = SQLAlchemy(metadata=Base.metadata)  # lends engine and session to Flask; models derive from Base


class Database:
    """One engine, and the two ways to use it."""

    def __init__(self, engine: Engine, *, threads: int = 2) -> None:
        self.engine = _prepared(engine)
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._readers = Readers(self.engine, at_most=threads)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        file = sqlite_file(self)
        self._queue = WritersQueue(file, patience=LONGEST_WAIT) if file else None
        self._turn = self._queue or nullcontext()  # writers of a SQLite file queue; PostgreSQL has many at once
        self._straight_to_the_driver = KeptConnection(self.engine)

    @classmethod
    def of(cls, app: Flask, settings: Settings) -> "Database":
        """The database of a Flask application, its engine lent by Flask-SQLAlchemy."""
        address = database_address(settings)
        app.config["SQLALCHEMY_DATABASE_URI"] = address
        app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(address, threads=settings.threads)
        db.init_app(app)
        with app.app_context():
            return cls(db.engine, threads=settings.threads)

    @classmethod
    def open(cls, settings: Settings) -> "Database":
        """The same database without an application, for commands and jobs."""
        return cls.at(database_address(settings), threads=settings.threads)

    @classmethod
    def at(cls, address: str, *, threads: int = 2) -> "Database":
        return cls(create_engine(address, **engine_options(address, threads=threads)), threads=threads)

    @property
    def is_sqlite(self) -> bool:
        return self._is_sqlite

    def reading(self) -> "OneStatement":
        """A connection for reads of one statement each: no transaction is opened or kept."""
        return OneStatement(self._readers)

    def write(self, statement: str, values: Sequence[Any]) -> None:
        """One statement, given straight to the driver: a transaction by itself, and durable when this returns.

        SQLAlchemy's own way takes as long over it as SQLite does (docs/performance.md).
        """
        driver = self.engine.dialect.loaded_dbapi
        try:
            with self._turn:
                self._straight_to_the_driver.execute(statement, values)
        except driver.Error as failure:
            error = exc.DBAPIError.instance(statement, None, failure, driver.Error, hide_parameters=True)
            raise_if_unavailable(error)
            raise error from failure
        except exc.SQLAlchemyError as error:
            raise_if_unavailable(error)
            raise
        except QueueTooLong as error:
            raise _busy() from error

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end and rolls back on any error; a writer from its first statement."""
        try:
            with self._turn, self._sessions.begin() as session:
                yield session
        except exc.SQLAlchemyError as error:
            raise_if_unavailable(error)
            raise
        except QueueTooLong as error:
            raise _busy() from error

    def check_writable(self) -> None:
        """Return if a transaction may write; nothing is written.

        Raises:
            DatabaseUnavailable: it does not answer, or only reads.
        """
        with self.transaction() as session:  # on SQLite its BEGIN takes the writer's lock
            if self._is_sqlite:
                session.execute(text("SELECT 1"))
            elif session.scalar(text("SHOW transaction_read_only")) != "off":
                raise DatabaseUnavailable("the database is read-only")

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees one instant for as long as it is read, and makes no writer wait."""
        with self.reading() as connection:
            if self._is_sqlite:
                connection.exec_driver_sql("BEGIN")
            else:
                connection.exec_driver_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                connection.execute(text("SELECT set_config('statement_timeout', '0', true)"))
            yield connection
            connection.exec_driver_sql("ROLLBACK")

    def bound(self, at: datetime) -> datetime | str:
        """`at` as a statement given straight to the driver wants it; elsewhere `UtcDateTime` does this."""
        return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds") if self._is_sqlite else at

    def close(self) -> None:
        """Give every connection back."""
        self._straight_to_the_driver.close()
        self._readers.close()
        self.engine.dispose()
        if self._queue is not None:
            self._queue.close()


class OneStatement:
    """`with database.reading() as connection`: a class, since a generator costs as much as the read."""

    __slots__ = ("_connection", "_readers")

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    def __enter__(self) -> Connection:
        try:
            self._connection = self._readers.lend()
        except exc.SQLAlchemyError as error:
            raise_if_unavailable(error)
            raise
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._readers.take_back(self._connection)
            return
        self._connection.close()
        if isinstance(error, exc.SQLAlchemyError):
            raise_if_unavailable(error)


def raise_if_unavailable(error: exc.SQLAlchemyError) -> None:
    """Raise `DatabaseUnavailable` when `error` tells of the server or the disk, and not of our statement."""
    if isinstance(error, exc.TimeoutError):
        _away(error)
    if not isinstance(error, exc.DBAPIError):
        return
    if error.connection_invalidated:
        _away(error)
    # SQLite says SQLITE_ERROR of a wrong statement; locked, full or unreadable have names of their own.
    if isinstance(error, exc.OperationalError) and getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR":
        _away(error)


def _busy() -> DatabaseUnavailable:
    return DatabaseUnavailable("the database is busy writing")


def _away(error: exc.SQLAlchemyError) -> NoReturn:
    # The driver's words name hosts and files: they stay in the chain for the journal, not in the message.
    raise DatabaseUnavailable("the database does not answer") from error


def database_address(settings: Settings) -> str:
    """The SQLAlchemy address; with none set, a SQLite file of the data folder that only we can read."""
    if settings.database_url:
        return settings.database_url
    folder = settings.data_folder.absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / SQLITE_FILE
    # SQLite gives its -wal and -shm companions the permissions of the file.
    os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    return f"sqlite:///{file}"


def sqlite_file(database: Database) -> Path | None:
    """The file of a SQLite database, None for a server."""
    name = database.engine.url.database
    return Path(name) if database.is_sqlite and name else None


def engine_options(address: str, *, threads: int) -> dict[str, Any]:
    """What the engine is made with.

    The pool has a place for each thread, which may have one resting besides (readers.py), and a few for jobs.
    """
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        connect: dict[str, Any] = {"timeout": LONGEST_WAIT, "isolation_level": None, "cached_statements": 256}
    else:
        connect = {
            "autocommit": True,
            "connect_timeout": 3,
            # A server that vanished without a word (a firewall, a dead host) is noticed by TCP.
            "keepalives_idle": 30,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            "application_name": "poterne",
        }
    return {
        "connect_args": connect,
        "pool_size": threads + 2,
        "max_overflow": threads + 2,
        "pool_timeout": LONGEST_WAIT,
        "hide_parameters": True,  # an error must not carry a password hash into the journal
    }


def _prepared(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_on_sqlite)
    else:
        event.listen(engine, "connect", _set_up_postgresql)
        event.listen(engine, "begin", _begin_on_postgresql)
        event.listen(engine, "checkout", _refuse_dead_connection)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an answer leaves only after its line is durable
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA trusted_schema = OFF")
    cursor.close()


def _begin_on_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("one_statement"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _set_up_postgresql(connection: Any, _record: Any) -> None:
    # Said after connecting and not in the `options` of the address, which connection poolers refuse.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('timezone', 'UTC', false), set_config('statement_timeout', '15s', false),"
            " set_config('lock_timeout', '5s', false), set_config('idle_in_transaction_session_timeout', '30s', false)"
        )


def _begin_on_postgresql(connection: Connection) -> None:
    if not connection.get_execution_options().get("one_statement"):
        connection.exec_driver_sql("BEGIN")


def _refuse_dead_connection(connection: Any, _record: Any, _proxy: Any) -> None:
    if is_closed_by_server(connection):
        raise exc.DisconnectionError("the server closed this connection")
