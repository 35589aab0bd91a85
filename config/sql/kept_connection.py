"""The one connection that a process keeps, for statements given straight to the driver (`Database.write`).

To take one out of the pool for each audit line and put it back costs several
microseconds, and more to SQLite: the pool lends the one that rested longest,
whose pages another has made stale.
"""

import os
import select
import sqlite3
from collections.abc import Sequence
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Engine, PoolProxiedConnection

LEFT_TO_THE_PARENT: list[PoolProxiedConnection | Connection] = []
"""What fork has copied. To close it here would end the parent's session, or drop the parent's locks."""


class KeptConnection:
    """One connection of the pool, one statement at a time; another after any error, and in a forked process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._may_be_closed_by_a_server = engine.dialect.name != "sqlite"
        self._one_at_a_time = Lock()
        self._kept: PoolProxiedConnection | None = None
        self._process = 0
        self._is_to_be_renewed = False

    def execute(self, statement: str, values: Sequence[Any]) -> None:
        """A transaction by itself. Raises what the pool and the driver raise."""
        with self._one_at_a_time:
            connection = self._connection()
            try:
                cursor = connection.cursor()
                cursor.execute(statement, values)
                cursor.close()
            except BaseException:
                connection.invalidate()
                self._give_back()
                raise

    def renew(self) -> None:
        """Use another one from the next statement on."""
        self._is_to_be_renewed = True

    def close(self) -> None:
        """Give it back to the pool."""
        with self._one_at_a_time:
            if self._process == os.getpid():
                self._give_back()

    def _connection(self) -> PoolProxiedConnection:
        kept = self._kept
        if kept is not None and self._process != os.getpid():
            LEFT_TO_THE_PARENT.append(kept)
            self._engine.dispose(close=False)  # the others of the pool are the parent's too
            kept = None
        if kept is not None and (
            self._is_to_be_renewed or (self._may_be_closed_by_a_server and is_closed_by_server(kept.dbapi_connection))
        ):
            kept.invalidate()
            self._give_back()
            kept = None
        self._is_to_be_renewed = False
        if kept is None:
            kept = self._kept = self._engine.raw_connection()
            self._process = os.getpid()
        return kept

    def _give_back(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()


def is_closed_by_server(connection: Any) -> bool:
    """A server that restarted has closed the socket: one system call sees it, where a pre-ping is a round trip.

    Nothing is asked yet, so anything to read is the end of the connection (or a
    notice, and then a new connection costs little).
    """
    return bool(connection.closed or select.select([connection.fileno()], [], [], 0)[0])


def is_in_transaction(connection: Any) -> bool:
    """Whether a transaction is open, which the driver knows without asking."""
    if isinstance(connection, sqlite3.Connection):
        return connection.in_transaction
    return bool(connection.info.transaction_status)  # psycopg's TransactionStatus, of which IDLE is 0
