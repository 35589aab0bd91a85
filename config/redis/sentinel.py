"""Finds the Redis primary by asking Sentinels, for each new connection. Valkey's Sentinels work too.

It follows the guidelines for Sentinel clients of Redis: the Sentinels are asked in turn, and the server that they
name must confirm that it is the primary (ROLE). `connection.py` decides what happens when a connection breaks.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import redis
from redis.backoff import NoBackoff
from redis.connection import Connection as PlainConnection
from redis.connection import SSLConnection
from redis.retry import Retry

from config.network import host_and_port
from config.redis.connection import CONNECT_WITHIN, Connection, connection_options

SENTINEL_ANSWERS_WITHIN: Final = 0.5  # seconds; then the next Sentinel is asked


class Sentinels:
    """Makes connections to the primary called `primary`."""

    def __init__(
        self,
        addresses: Sequence[str],
        *,
        primary: str,
        username: str = "",
        password: str = "",
        sentinel_password: str = "",
        tls: bool = False,
    ) -> None:
        """`addresses` has `host:port` of each Sentinel. `username` and `password` are for the Redis servers."""
        self._primary = primary
        self._class = SSLConnection if tls else PlainConnection
        self._options = connection_options() | {"username": username or None, "password": password or None}
        self._sentinels = [
            redis.Redis(
                host=host,
                port=port,
                password=sentinel_password or None,
                ssl=tls,
                protocol=2,
                socket_connect_timeout=SENTINEL_ANSWERS_WITHIN,
                socket_timeout=SENTINEL_ANSWERS_WITHIN,
                retry=Retry(NoBackoff(), 1),  # its idle connection may be closed, and the query is safe to repeat
            )
            for host, port in map(host_and_port, addresses)
        ]
        self._answered = 0  # the Sentinel that knew the primary last is asked first

    def make_connection(self) -> Connection:
        """An open connection to the primary.

        Raises:
            redis.RedisError: no Sentinel answers or knows the primary, or the named server is not the primary.
        """
        failure: redis.RedisError = redis.ConnectionError("no Sentinel answers")
        tried = set()
        for position, address in self._named():
            if address in tried:
                continue
            tried.add(address)
            try:
                connection = self._connected_to_primary(*address)
            except redis.RedisError as wrong:
                failure = wrong
            else:
                self._answered = position
                return connection
        raise failure

    def _named(self) -> Iterator[tuple[int, tuple[str, int]]]:
        """The position of each Sentinel that answers, and the address that it names."""
        count, first = len(self._sentinels), self._answered
        for position in ((first + step) % count for step in range(count)):
            try:
                answer = self._ask(self._sentinels[position])
            except redis.RedisError:
                continue
            if answer is not None:
                host, port = answer
                yield position, (host.decode() if isinstance(host, bytes) else host, int(port))

    def _ask(self, sentinel: redis.Redis) -> Any:
        ask: Any = sentinel.execute_command  # redis-py has no types for it
        return ask("SENTINEL GET-MASTER-ADDR-BY-NAME", self._primary)

    def _connected_to_primary(self, host: str, port: int) -> Connection:
        connection = cast(Connection, self._class(host=host, port=port, **self._options))
        try:
            connection.connect()
            connection.send_command("ROLE")
            role = connection.read_response(timeout=CONNECT_WITHIN)
        except BaseException:
            connection.disconnect()
            raise
        if role[0] != b"master":
            connection.disconnect()
            raise redis.ConnectionError("a Sentinel named a server that is not the primary")
        return connection
