"""Distinguishes errors of the database (unreachable, full, read-only, unfit) from errors of a statement."""

from typing import Final, NoReturn

from sqlalchemy import exc

from config.sql.sqlite_write_lock import QueueTooLong

READ_ONLY: Final = "25006"
"""SQLSTATE of a write on a standby, or on a server that was made read-only."""

# SQLSTATEs that psycopg does not raise as OperationalError although the statement is right: read-only, and a
# transaction that timed out while its client waited.
_SERVER_ERRORS: Final = frozenset({READ_ONLY, "25P03", "25P04"})

_FAULTS_OF_THE_DISK: Final = {
    "SQLITE_FULL": "the disk of the database is full",
    "SQLITE_IOERR": "the disk of the database is full, or fails",
    "SQLITE_READONLY": "the file of the database, or its folder, is read-only",
    "SQLITE_CANTOPEN": "the file of the database cannot be opened",
    "53100": "the disk of the database is full",  # SQLSTATE disk_full
}
"""What is said of an error in place of "does not answer", by the beginning of its name: an operator can mend these."""


class DatabaseUnavailable(Exception):
    """The database does not answer in time. Nothing was written. The response is a 503 page."""


class UnfitDatabase(DatabaseUnavailable):
    """The database has a configuration that we must not use; the message says why, and how to correct it."""


def raise_if_unavailable(error: Exception) -> None:
    """
    Raises:
        DatabaseUnavailable: `error` comes from the server or the disk, and not from the statement.
    """
    if isinstance(error, UnfitDatabase):
        raise error
    if isinstance(error, QueueTooLong):
        raise DatabaseUnavailable("the database is busy writing") from error
    if isinstance(error, exc.TimeoutError):  # no connection of the pool was free in time
        _raise_unavailable(error)
    if not isinstance(error, exc.DBAPIError):
        return
    if error.connection_invalidated or sqlstate(error.orig) in _SERVER_ERRORS:
        _raise_unavailable(error)
    # SQLITE_ERROR is a wrong statement; a locked, full or unreadable file has another name.
    if isinstance(error, exc.OperationalError) and getattr(error.orig, "sqlite_errorname", "") != "SQLITE_ERROR":
        _raise_unavailable(error)


def sqlstate(error: BaseException | None) -> str:
    """The SQLSTATE of a driver's error, empty when it has none."""
    return getattr(error, "sqlstate", None) or ""


def reason(error: BaseException | None) -> str:
    """The reason of a failure for the journal: a code or a class, since the driver's message names hosts and files."""
    if isinstance(error, UnfitDatabase):
        return str(error)
    original = getattr(error, "orig", None) or error
    return sqlstate(original) or getattr(original, "sqlite_errorname", "") or type(original).__name__


def _raise_unavailable(error: exc.SQLAlchemyError) -> NoReturn:
    # The driver's message names hosts and files: it stays in the chain for the journal, and out of ours.
    name = reason(error)
    faults = (said for fault, said in _FAULTS_OF_THE_DISK.items() if name.startswith(fault))
    raise DatabaseUnavailable(next(faults, "the database does not answer")) from error
