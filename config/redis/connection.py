"""Sends a command to Redis, and decides whether it may be repeated when the connection breaks.

redis-py makes the connections (TLS, passwords, sockets, Sentinel), and hiredis parses the answers. The pool and the
retries of redis-py are not used, for two reasons. redis-py repeats every command, but one that is not safe to repeat
must never be sent twice. And its pool costs as much as the exchange itself, on the hot path of every login
(docs/decisions/the-link-to-redis.md).
"""

import os
import re
import weakref
from collections import deque
from itertools import count
from typing import Any, Final, Protocol, cast
from urllib.parse import quote

import redis
from hiredis import pack_command
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.retry import Retry

from config.outages import Outage
from config.redis.scripts import Script

CONNECT_WITHIN: Final = 1.0  # seconds
ANSWER_WITHIN: Final = 2.0
CONFIRM_WITHIN: Final = 1_000  # milliseconds in which replicas must confirm a write that must not be lost

_DRIVER = DriverInfo()  # otherwise redis-py reads its own version from the disk for every connection

# The errors of a server that is not the primary, or cannot write now. Nothing was executed: a script is refused at its
# first write. Redis 6.2 writes the error code of a script in the middle of the message.
_NOT_THE_PRIMARY: Final = re.compile(r"(?:^| -)(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|UNBLOCKED)\b")
_ERROR_CODE: Final = re.compile(r"[A-Z]{3,20}\b")
_ERROR_CODE_IN_A_SCRIPT: Final = re.compile(r" -([A-Z]{3,20}) ")


class StoreUnavailable(Exception):
    """Redis cannot be reached, or cannot write. The command may or may not have been executed."""


class RefusedByRedis(StoreUnavailable):
    """Redis answered with an error: it is full, loading its file, a replica, or the command is wrong."""


class _ScriptNotLoaded(Exception):
    """NOSCRIPT: the script was not executed."""


class _NotThePrimary(Exception):
    """The server is a replica, or cannot write now. Nothing was executed. The text is the error code."""


class Connection(Protocol):
    """The methods that we use of redis-py's connections, which have no types."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def can_read(self) -> bool: ...
    def send_command(self, *command: Any) -> None: ...
    def send_packed_command(self, command: list[bytes]) -> None: ...
    def read_response(self, *, timeout: float = ..., disconnect_on_error: bool = ...) -> Any: ...


class Connections(Protocol):
    """Makes connections to the primary: a pool of redis-py, or `Sentinels`."""

    def make_connection(self) -> Any: ...


def connection_options() -> dict[str, Any]:
    """The options of every connection: short timeouts, so that no thread waits long, and no retries."""
    return {
        "protocol": 2,
        "socket_connect_timeout": CONNECT_WITHIN,
        "socket_timeout": ANSWER_WITHIN,
        "retry": Retry(NoBackoff(), 0),
        "driver_info": _DRIVER,
    }


def client_for(url: str) -> redis.Redis:
    """A client of the server at `url`, with the options of `connection_options`."""
    return redis.Redis.from_url(url, **connection_options())


def socket_url(path: os.PathLike[str]) -> str:
    """The address of a server that listens on a Unix socket."""
    return f"unix://{quote(os.fspath(path))}"


class RedisConnection:
    """Executes commands, each on a connection that one thread uses at a time. Thread-safe; a forked child starts empty.

    A connection belongs to a generation, which ends when the server is lost or is not the primary. Connections of
    older generations are closed and not used again, even those in use at that moment.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        replicas: int = 0,
        fails_over: bool = False,
        away: Outage | None = None,
        refusing: Outage | None = None,
    ) -> None:
        """
        Args:
            replicas: the number of replicas that must confirm a `lasting` command.
            fails_over: a replica may become the primary while the former primary still accepts writes.
            away: logs that Redis does not answer.
            refusing: logs that Redis refuses commands.
        """
        self.fails_over = fails_over
        self._away = away or Outage("redis")
        self._refusing = refusing or Outage("redis", what="refuses commands")
        self._refused: tuple[Any, ...] | None = None
        self._connections = connections
        self._wait = pack_command(cast(Any, ("WAIT", replicas, CONFIRM_WITHIN))) if replicas else None
        self._replicas = replicas
        self._idle: deque[tuple[int, Connection]] = deque()
        self._generations = count(1)
        self._generation = 0
        _forget_in_forked_children(self._idle)
        weakref.finalize(self, _disconnect, self._idle)

    def execute(self, *command: Any, repeatable: bool, lasting: bool = False, within: float | None = None) -> Any:
        """The answer to `command`, within `within` seconds.

        When the connection is broken, a `repeatable` command is sent once more, on a new connection. Another command
        is sent again only if it cannot have been executed: the connection was closed before, it accepted only a part
        of the command, or the server answered that it is not the primary. Replicas confirm a `lasting` command, so
        that a failover does not lose it.

        Raises:
            StoreUnavailable: Redis did not answer. A command that is not repeatable may have been executed.
        """
        lasting = lasting and self._wait is not None
        packed = [pack_command(command), cast(bytes, self._wait)] if lasting else [pack_command(command)]
        lent = self._idle_connection(certainly_open=not repeatable)
        if lent is not None:
            try:
                lent[1].send_packed_command(packed)
            except redis.ConnectionError:
                lent = None  # Redis does not execute an incomplete command
            except redis.RedisError as away:
                raise self._unavailable(away) from away
        if lent is not None:
            try:
                return self._answer(lent, command, lasting=lasting, within=within)
            except _NotThePrimary:
                pass
            except redis.ConnectionError as away:
                if not repeatable:
                    raise self._unavailable(away) from away
            except redis.RedisError as away:
                raise self._unavailable(away) from away
        return self._execute_on_a_new_connection(packed, command, lasting=lasting, within=within)

    def run(
        self,
        script: Script,
        keys: tuple[str, ...],
        arguments: tuple[Any, ...],
        *,
        repeatable: bool,
        lasting: bool = False,
    ) -> Any:
        """The answer of a Lua script, which Redis executes atomically."""
        parameters = (len(keys), *keys, *arguments)
        try:
            return self.execute("EVALSHA", script.digest, *parameters, repeatable=repeatable, lasting=lasting)
        except _ScriptNotLoaded:
            return self.execute("EVAL", script.text, *parameters, repeatable=repeatable, lasting=lasting)

    def _idle_connection(self, *, certainly_open: bool) -> tuple[int, Connection] | None:
        while True:
            try:
                lent = self._idle.pop()
            except IndexError:
                return None
            generation, connection = lent
            if generation == self._generation:
                if not certainly_open:
                    return lent
                try:
                    if not connection.can_read():
                        return lent
                except (redis.RedisError, OSError):
                    pass
            connection.disconnect()  # the server is lost or has closed it, or an unread answer is in it

    def _execute_on_a_new_connection(
        self, packed: list[bytes], command: tuple[Any, ...], *, lasting: bool, within: float | None
    ) -> Any:
        try:
            generation = self._generation
            connection = cast(Connection, self._connections.make_connection())
            connection.connect()
            connection.send_packed_command(packed)
            return self._answer((generation, connection), command, lasting=lasting, within=within)
        except _NotThePrimary as refusal:
            self._record_refusal(command, str(refusal))
            raise RefusedByRedis(f"not the primary: {refusal}") from None
        except redis.RedisError as away:
            raise self._unavailable(away) from away

    def _answer(
        self, lent: tuple[int, Connection], command: tuple[Any, ...], *, lasting: bool, within: float | None
    ) -> Any:
        generation, connection = lent
        answer: Any = None
        refusal: redis.RedisError | None = None
        try:
            answer = connection.read_response() if within is None else connection.read_response(timeout=within)
            confirmed = connection.read_response() if lasting else self._replicas
        except redis.exceptions.BusyLoadingError as loading:  # redis-py has closed the connection
            self._end_generation()
            raise _NotThePrimary("LOADING") from loading
        except redis.ResponseError as refused:
            refusal, confirmed = refused, self._replicas
            if lasting:
                connection.read_response()
            if _NOT_THE_PRIMARY.search(_text(refusal)):
                connection.disconnect()
                self._end_generation()
                raise _NotThePrimary(_error_code(refusal)) from None
        if generation == self._generation:
            self._idle.append(lent)
        else:
            connection.disconnect()
        if self._away.is_on:
            self._away.ended()
        if isinstance(refusal, redis.exceptions.NoScriptError):
            raise _ScriptNotLoaded
        if refusal is not None:
            code = _error_code(refusal)  # the rest of the message may quote the command
            self._record_refusal(command, code)
            raise RefusedByRedis(f"{type(refusal).__name__}: {code}")
        if confirmed < self._replicas:
            self._record_refusal(command, "WAIT")
            raise StoreUnavailable("Redis: too few replicas confirmed a write that must not be lost")
        if self._refused is not None and self._refused == _kind(command):
            self._refused = None
            self._refusing.ended()
        return answer

    def _unavailable(self, away: redis.RedisError) -> StoreUnavailable:
        """Drop the other connections too: a restarted Redis has closed them all."""
        self._end_generation()
        self._away.began(type(away).__name__)
        return StoreUnavailable(f"Redis does not answer: {type(away).__name__}")

    def _record_refusal(self, command: tuple[Any, ...], code: str) -> None:
        """The outage ends when Redis accepts the same command: a full Redis still reads and deletes."""
        self._refused = _kind(command)
        self._refusing.began(code)

    def _end_generation(self) -> None:
        self._generation = next(self._generations)


def _kind(command: tuple[Any, ...]) -> tuple[Any, ...]:
    """The command without its arguments; of a script, with its digest."""
    return command[:2] if command[0] == "EVALSHA" else command[:1]


def _text(refusal: redis.RedisError) -> str:
    """The message of Redis. redis-py removes an error code that it knows, and stores it in `status_code`."""
    return f"{refusal.status_code or ''} {refusal}".strip()


def _error_code(refusal: redis.RedisError) -> str:
    """The error code, such as OOM, READONLY or MISCONF. Only this part may be logged."""
    text = _text(refusal)
    found = _ERROR_CODE_IN_A_SCRIPT.search(text) or _ERROR_CODE.match(text)
    return found[found.lastindex or 0] if found else type(refusal).__name__


def _disconnect(connections: deque[tuple[int, Connection]]) -> None:
    """Close the idle connections, when nothing uses them any more or the process ends."""
    while connections:
        connections.pop()[1].disconnect()


def _forget_in_forked_children(connections: deque[tuple[int, Connection]]) -> None:
    """Drop the connections in a forked child: two processes on one connection would read each other's answers."""
    reference = weakref.ref(connections)

    def forget() -> None:
        if (found := reference()) is not None:
            found.clear()

    os.register_at_fork(after_in_child=forget)
