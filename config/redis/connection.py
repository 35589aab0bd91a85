"""One command to Redis and its answer, and what is done when the connection breaks in between.

redis-py makes the connections (TLS, passwords, sockets, Sentinel) and hiredis
reads them; its own pool and retries are left aside, for two reasons. A command
that is not safe to repeat must never be sent twice, whereas redis-py repeats
any; and this is the hot path of every login, where its pool costs as much as
the exchange itself (docs/decisions, the link to Redis).
"""

import os
import re
import weakref
from collections import deque
from hashlib import sha1
from itertools import count
from typing import Any, Final, Protocol, cast
from urllib.parse import quote

import redis
from hiredis import pack_command
from redis.backoff import NoBackoff
from redis.driver_info import DriverInfo
from redis.retry import Retry

from config.outages import Outage

CONNECT_WITHIN: Final = 1.0  # seconds
ANSWER_WITHIN: Final = 2.0
KEPT_WITHIN: Final = 1_000  # milliseconds that replicas are given to confirm what must not be undone

_DRIVER = DriverInfo()  # redis-py would read its own version from the disk for every connection

# What a server says that is not, or no longer, the one to write to. Nothing was executed: a script is refused at its
# first write. Redis 6.2 puts the word of a script's refusal in the middle of its sentence.
_NOT_THE_PRIMARY: Final = re.compile(r"(?:^| -)(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|UNBLOCKED)\b")
_FIRST_WORD: Final = re.compile(r"[A-Z]{3,20}\b")
_WORD_OF_A_SCRIPT: Final = re.compile(r" -([A-Z]{3,20}) ")


class StoreUnavailable(Exception):
    """Redis cannot be reached, or cannot take a write: what was asked may or may not have been done."""


class RefusedByRedis(StoreUnavailable):
    """Redis is there and answered with an error: full, loading its file, a replica, or a fault of ours."""


class _ScriptNotLoaded(Exception):
    """NOSCRIPT: nothing was run."""


class _NotThePrimary(Exception):
    """The server is a replica, or cannot write for now; nothing was executed. The text is its word."""


class Connection(Protocol):
    """What we use of redis-py's connections, which it does not type."""

    def connect(self) -> None: ...
    def disconnect(self) -> None: ...
    def can_read(self) -> bool: ...
    def send_command(self, *command: Any) -> None: ...
    def send_packed_command(self, command: list[bytes]) -> None: ...
    def read_response(self, *, timeout: float = ..., disconnect_on_error: bool = ...) -> Any: ...


class Connections(Protocol):
    """Makes connections to the server that takes writes: a pool of redis-py, or `Sentinels`."""

    def make_connection(self) -> Any: ...


def connection_options() -> dict[str, Any]:
    """What redis-py makes every connection with: it gives up soon instead of holding a thread, and repeats nothing."""
    return {
        "protocol": 2,
        "socket_connect_timeout": CONNECT_WITHIN,
        "socket_timeout": ANSWER_WITHIN,
        "retry": Retry(NoBackoff(), 0),
        "driver_info": _DRIVER,
    }


def client_for(url: str) -> redis.Redis:
    """A client of the server at `url` whose connections give up soon instead of holding a thread."""
    return redis.Redis.from_url(url, **connection_options())


def socket_url(path: os.PathLike[str]) -> str:
    """The address of a server that listens on a Unix socket."""
    return f"unix://{quote(os.fspath(path))}"


class RedisConnection:
    """Connections lent to one thread at a time. Safe for threads; a forked child starts with none.

    A connection belongs to a generation, which ends when a server is lost or turns out to be no primary: those of
    older generations are closed and not used again, whoever has them at that moment.
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
        """`replicas`: how many must confirm a `lasting` command; `away`, `refusing`: whom to tell of an outage.

        `fails_over`: a replica may become the primary while the former one still takes writes.
        """
        self.fails_over = fails_over
        self._away = away or Outage("redis")
        self._refusing = refusing or Outage("redis", what="refuses commands")
        self._refused: tuple[Any, ...] | None = None
        self._connections = connections
        self._wait = pack_command(cast(Any, ("WAIT", replicas, KEPT_WITHIN))) if replicas else None
        self._replicas = replicas
        self._idle: deque[tuple[int, Connection]] = deque()
        self._generations = count(1)
        self._generation = 0
        _forget_in_forked_children(self._idle)
        weakref.finalize(self, _disconnect, self._idle)

    def execute(self, *command: Any, repeatable: bool, lasting: bool = False, within: float | None = None) -> Any:
        """The answer to `command`.

        When the connection turns out to be broken, a `repeatable` command is sent once
        more, on a new one. Another is sent again only if it cannot have been executed:
        the connection was already closed, or did not take the whole of it, or the server
        said that it is not the primary. What a `lasting` command did outlives the loss of the primary:
        replicas have confirmed it, where there are any to wait for.

        Raises:
            StoreUnavailable: of a command that is not repeatable, one cannot tell whether it was done.
        """
        lasting = lasting and self._wait is not None
        packed = [pack_command(command), cast(bytes, self._wait)] if lasting else [pack_command(command)]
        lent = self._idle_connection(certainly_open=not repeatable)
        if lent is not None:
            try:
                lent[1].send_packed_command(packed)
            except redis.ConnectionError:
                lent = None  # Redis never executes half a command
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
        return self._ask_on_a_new_connection(packed, command, lasting=lasting, within=within)

    def run(
        self,
        script: "Script",
        keys: tuple[str, ...],
        arguments: tuple[Any, ...],
        *,
        repeatable: bool,
        lasting: bool = False,
    ) -> Any:
        """The answer of a Lua script, which Redis runs as a single act."""
        what = (len(keys), *keys, *arguments)
        try:
            return self.execute("EVALSHA", script.digest, *what, repeatable=repeatable, lasting=lasting)
        except _ScriptNotLoaded:
            return self.execute("EVAL", script.text, *what, repeatable=repeatable, lasting=lasting)

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
            connection.disconnect()  # of a lost server, closed by it, or holding an answer nobody waited for

    def _ask_on_a_new_connection(
        self, packed: list[bytes], command: tuple[Any, ...], *, lasting: bool, within: float | None
    ) -> Any:
        try:
            generation = self._generation
            connection = cast(Connection, self._connections.make_connection())
            connection.connect()
            connection.send_packed_command(packed)
            return self._answer((generation, connection), command, lasting=lasting, within=within)
        except _NotThePrimary as refusal:
            self._began_refusing(command, str(refusal))
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
        except redis.exceptions.BusyLoadingError as loading:  # a ConnectionError to redis-py, which has closed it
            self._lose_the_server()
            raise _NotThePrimary("LOADING") from loading
        except redis.ResponseError as refused:
            refusal, confirmed = refused, self._replicas
            if lasting:
                connection.read_response()
            if _NOT_THE_PRIMARY.search(_text(refusal)):
                connection.disconnect()
                self._lose_the_server()
                raise _NotThePrimary(_word(refusal)) from None
        if generation == self._generation:
            self._idle.append(lent)
        else:
            connection.disconnect()
        if self._away.is_on:
            self._away.ended()
        if isinstance(refusal, redis.exceptions.NoScriptError):
            raise _ScriptNotLoaded
        if refusal is not None:
            self._began_refusing(command, _word(refusal))
            raise RefusedByRedis(f"{type(refusal).__name__}: {_word(refusal)}")  # what follows may quote what was sent
        if confirmed < self._replicas:
            self._began_refusing(command, "WAIT")
            raise StoreUnavailable("Redis: no replica has confirmed what must not be undone")
        if self._refused is not None and self._refused == _kind(command):
            self._refused = None
            self._refusing.ended()
        return answer

    def _unavailable(self, away: redis.RedisError) -> StoreUnavailable:
        """The others are likely to be broken too: a restarted Redis has closed them all."""
        self._lose_the_server()
        self._away.began(type(away).__name__)
        return StoreUnavailable(f"Redis is away: {type(away).__name__}")

    def _began_refusing(self, command: tuple[Any, ...], word: str) -> None:
        """It is over once the same is accepted: a full Redis still reads and deletes."""
        self._refused = _kind(command)
        self._refusing.began(word)

    def _lose_the_server(self) -> None:
        self._generation = next(self._generations)


class Script:
    """A Lua script and the digest it is called by once Redis knows it."""

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


def _kind(command: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is refused together: a command, or one script."""
    return command[:2] if command[0] == "EVALSHA" else command[:1]


def _text(refusal: redis.RedisError) -> str:
    """Redis's sentence. redis-py takes the first word off when it knows it, and keeps it apart."""
    return f"{refusal.status_code or ''} {refusal}".strip()


def _word(refusal: redis.RedisError) -> str:
    """OOM, READONLY, MISCONF: all that may be shown of a refusal."""
    text = _text(refusal)
    found = _WORD_OF_A_SCRIPT.search(text) or _FIRST_WORD.match(text)
    return found[found.lastindex or 0] if found else type(refusal).__name__


def _disconnect(connections: deque[tuple[int, Connection]]) -> None:
    """Close them in order when nobody uses the link any more, or the process ends."""
    while connections:
        connections.pop()[1].disconnect()


def _forget_in_forked_children(connections: deque[tuple[int, Connection]]) -> None:
    """Two processes on one connection would read each other's answers."""
    held = weakref.ref(connections)

    def forget() -> None:
        if (found := held()) is not None:
            found.clear()

    os.register_at_fork(after_in_child=forget)
