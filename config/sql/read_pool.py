"""Connections for reads of one statement each, kept out of the pool between one read and the next.

To borrow one from the pool and give it back takes SQLAlchemy longer than SQLite
takes to answer, and what is read is what this process does not remember. Those
that rest here are few: the pool has its own for transactions.
"""

import os
from collections import deque

from sqlalchemy import Connection, Engine

from config.sql.kept_connection import LEFT_TO_THE_PARENT, is_closed_by_server, is_in_transaction


class Readers:
    """Connections of `engine` that rest, at most so many. Safe for threads: each is lent to one at a time."""

    def __init__(self, engine: Engine, *, at_most: int) -> None:
        self._engine = engine.execution_options(one_statement=True)
        self._may_be_closed_by_a_server = engine.dialect.name != "sqlite"
        self._resting: deque[Connection] = deque()
        self._at_most = at_most
        self._process = os.getpid()

    def acquire(self) -> Connection:
        """One that rests, or one of the pool. Raises what the pool and the driver raise."""
        if self._process != os.getpid():
            self._leave_to_the_parent()
        while True:
            try:
                connection = self._resting.pop()
            except IndexError:
                return self._engine.connect()
            if not self._may_be_closed_by_a_server or not is_closed_by_server(connection.connection.dbapi_connection):
                return connection
            connection.invalidate()
            connection.close()

    def take_back(self, connection: Connection) -> None:
        """It rests here if there is room, else in the pool, which ends what whoever had it may have left open."""
        if len(self._resting) < self._at_most and not is_in_transaction(connection.connection.dbapi_connection):
            self._resting.append(connection)
        else:
            connection.close()

    def drop(self) -> None:
        """Close those that rest; none of them is lent again."""
        while True:
            try:
                connection = self._resting.pop()
            except IndexError:
                return
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        """Give them back to the pool."""
        if self._process != os.getpid():
            self._leave_to_the_parent()
        while self._resting:
            self._resting.pop().close()

    def _leave_to_the_parent(self) -> None:
        """What fork has copied is the parent's: to close it here would end the parent's session, or drop its locks."""
        LEFT_TO_THE_PARENT.extend(self._resting)
        self._resting.clear()
        self._engine.dispose(close=False)
        self._process = os.getpid()
