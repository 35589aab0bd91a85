"""Which errors tell of the database itself: that it is away, full, read-only or not fit, and not of our statement."""

from typing import Final, NoReturn

from sqlalchemy import exc

from config.sql.sqlite_write_lock import QueueTooLong

READ_ONLY: Final = "25006"
"""The server is a standby, or was made read-only: another one takes the writes now, or this one will again."""

# SQLSTATEs that are no OperationalError of psycopg's, and yet no fault of the statement: read-only, a transaction that
# took too long while its client waited for the disk or the network.
_OF_THE_SERVER: Final = frozenset({READ_ONLY, "25P03", "25P04"})


class DatabaseUnavailable(Exception):
    """The database does not answer, or not in time. The edge makes a 503 page of it; nothing was written."""


class UnfitDatabase(DatabaseUnavailable):
    """The database answers, and we must not use it as it is set up; the text says why, and what to do about it."""


def raise_if_unavailable(error: Exception) -> None:
    """Raise `DatabaseUnavailable` when `error` tells of the server or the disk, and not of our statement."""
    if isinstance(error, UnfitDatabase):
        raise error
    if isinstance(error, QueueTooLong):
        raise DatabaseUnavailable("the database is busy writing") from error
    if isinstance(error, exc.TimeoutError):  # no connection of the pool was free in time
        _away(error)
    if not isinstance(error, exc.DBAPIError):
        return
    if error.connection_invalidated or sqlstate(error.orig) in _OF_THE_SERVER:
        _away(error)
    # SQLite says SQLITE_ERROR of a wrong statement; locked, full or unreadable have names of their own.
    if isinstance(error, exc.OperationalError) and getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR":
        _away(error)


def sqlstate(error: BaseException | None) -> str:
    """PostgreSQL's code of an error of the driver, empty when it has none."""
    return getattr(error, "sqlstate", None) or ""


def reason(error: BaseException | None) -> str:
    """What the journal may say of a failure: a code or a class, since the driver's words name hosts and files."""
    if isinstance(error, UnfitDatabase):
        return str(error)
    original = getattr(error, "orig", None) or error
    return sqlstate(original) or getattr(original, "sqlite_errorname", "") or type(original).__name__


def _away(error: exc.SQLAlchemyError) -> NoReturn:
    # The driver's words name hosts and files: they stay in the chain for the journal, not in the message.
    raise DatabaseUnavailable("the database does not answer") from error
