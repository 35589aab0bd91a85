"""One command to Redis and its answer, and what is done when the connection breaks in between.

redis-py makes the connections (TLS, passwords, sockets, Sentinel) and hiredis
reads them; its own pool and retries are left aside, for two reasons. A command
that is not safe to repeat must never be sent twice, whereas redis-py repeats
any; and this is the hot path of every login, where its pool costs as much as
the exchange itself (docs/decisions, the link to Redis).
"""

import logging
import os
import weakref
from collections import deque
from hashlib import sha1
from typing import Any, Protocol, cast
from urllib.parse import quote

import redis
from hiredis import pack_command
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.retry import Retry

logger = logging.getLogger(__name__)

CONNECT_WITHIN = 1.0
ANSWER_WITHIN = 2.0

_DRIVER = DriverInfo()  # redis-py would read its own version from the disk for every connection


class StoreUnavailable(Exception):
    """Redis cannot be reached, or cannot take a write: what was asked may or may not have been done."""


class RefusedByRedis(StoreUnavailable):
    """Redis is there and answered with an error: full, loading its file, a replica, or a fault of ours."""


class _ScriptNotLoaded(Exception):
    """NOSCRIPT: nothing was run."""


def client_for(url: str) -> redis.Redis:
    """A client of the server at `url` whose connections give up soon instead of holding a thread."""
    return redis.Redis.from_url(
        url,
        protocol=2,
        socket_connect_timeout=CONNECT_WITHIN,
        socket_timeout=ANSWER_WITHIN,
        retry=Retry(NoBackoff(), 0),
        driver_info=_DRIVER,
    )


def socket_url(path: os.PathLike[str]) -> str:
    """The address of a server that listens on a Unix socket."""
    return f"unix://{quote(os.fspath(path))}"


class Connection(Protocol):
    """What we use of redis-py's connections, which it does not type."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def can_read(self) -> bool: ...
    def send_packed_command(self, command: list[bytes]) -> None: ...
    def read_response(self, *, timeout: float = ...) -> Any: ...


class RedisLink:
    """Connections lent to one thread at a time. Safe for threads; a forked child starts with none."""

    def __init__(self, client: redis.Redis) -> None:
        self._connections = client.connection_pool
        self._idle: deque[Connection] = deque()
        _forget_in_forked_children(self._idle)
        weakref.finalize(self, _disconnect, self._idle)

    def ask(self, *command: Any, repeatable: bool, within: float | None = None) -> Any:
        """The answer to `command`.

        When the connection turns out to be broken, a `repeatable` command is sent once
        more, on a new one. Another is sent again only if it cannot have been executed:
        the connection was already closed, or did not take the whole of it.

        Raises:
            StoreUnavailable: of a command that is not repeatable, one cannot tell whether it was done.
        """
        connection = self._idle_connection(certainly_open=not repeatable)
        if connection is not None:
            try:
                connection.send_packed_command([pack_command(command)])
            except redis.ConnectionError:
                connection = None  # Redis never executes half a command
            except redis.RedisError as away:
                raise self._unavailable(away) from away
        if connection is not None:
            try:
                return self._answer(connection, within)
            except redis.ConnectionError as away:
                if not repeatable:
                    raise self._unavailable(away) from away
            except redis.RedisError as away:
                raise self._unavailable(away) from away
        return self._ask_on_a_new_connection(command, within)

    def run(self, script: "Script", keys: tuple[str, ...], arguments: tuple[Any, ...], *, repeatable: bool) -> Any:
        """The answer of a Lua script, which Redis runs as a single act."""
        try:
            return self.ask("EVALSHA", script.digest, len(keys), *keys, *arguments, repeatable=repeatable)
        except _ScriptNotLoaded:
            return self.ask("EVAL", script.text, len(keys), *keys, *arguments, repeatable=repeatable)

    def _idle_connection(self, *, certainly_open: bool) -> Connection | None:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not certainly_open:
                return connection
            try:
                if not connection.can_read():
                    return connection
            except (redis.RedisError, OSError):
                pass
            connection.disconnect()  # closed by the other side, or holding an answer nobody waited for

    def _ask_on_a_new_connection(self, command: tuple[Any, ...], within: float | None) -> Any:
        connection = cast(Connection, self._connections.make_connection())
        try:
            connection.connect()
            connection.send_packed_command([pack_command(command)])
            return self._answer(connection, within)
        except redis.RedisError as away:
            raise self._unavailable(away) from away

    def _answer(self, connection: Connection, within: float | None) -> Any:
        try:
            answer = connection.read_response() if within is None else connection.read_response(timeout=within)
        except redis.exceptions.NoScriptError:
            self._idle.append(connection)
            raise _ScriptNotLoaded from None
        except redis.ResponseError as refusal:
            self._idle.append(connection)
            # What follows the first word may quote what was sent.
            raise RefusedByRedis(f"{type(refusal).__name__}: {str(refusal).partition(' ')[0]}") from None
        self._idle.append(connection)
        return answer

    def _unavailable(self, away: redis.RedisError) -> StoreUnavailable:
        """The others are likely to be broken too: a restarted Redis has closed them all."""
        self._idle.clear()
        logger.warning("Redis is away: %s", type(away).__name__)
        return StoreUnavailable(f"Redis is away: {type(away).__name__}")


class Script:
    """A Lua script and the digest it is called by once Redis knows it."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


def _disconnect(connections: deque[Connection]) -> None:
    """Close them in order when nobody uses the link any more, or the process ends."""
    while connections:
        connections.pop().disconnect()


def _forget_in_forked_children(connections: deque[Connection]) -> None:
    """Two processes on one connection would read each other's answers."""
    held = weakref.ref(connections)

    def forget() -> None:
        if (found := held()) is not None:
            found.clear()

    os.register_at_fork(after_in_child=forget)
