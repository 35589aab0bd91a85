"""The errors of the store while Redis does not answer, is slow or is full, and the commands that are not repeated."""

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from config.redis.connection import client_for, socket_url
from config.redis.store import Put, RefusedByRedis, Replayed, Store, StoreUnavailable
from idp.record_kinds import IdpRecord
from tests.fixtures.services import start_redis
from tests.stores import HOUR, MINUTE, raced, without_expiry

PUT = Put(kind=IdpRecord.CODE, identifier="c", value={}, lifetime=MINUTE)
REPEATABLE: list[Callable[[Store], object]] = [
    lambda store: store.put(IdpRecord.SESSION, "s", {}, lifetime=MINUTE),
    lambda store: store.get(IdpRecord.SESSION, "s"),
    lambda store: store.get_many((IdpRecord.SESSION, "s")),
    lambda store: store.delete((IdpRecord.SESSION, "s")),
    lambda store: store.put_all([PUT]),
    lambda store: store.fields(IdpRecord.PARTICIPATION, "s"),
    lambda store: store.get_chain(IdpRecord.TOKEN, "t", through=()),
    lambda store: store.notify("jobs"),
    lambda store: store.ping(),
]
NOT_REPEATABLE: list[Callable[[Store], object]] = [
    lambda store: store.put_new(IdpRecord.SESSION, "s", {}, lifetime=MINUTE),
    lambda store: store.add_once(IdpRecord.ONCE, "s", lifetime=MINUTE),
    lambda store: store.put_all_once(PUT, [PUT]),
    lambda store: store.take(IdpRecord.SESSION, "s"),
    lambda store: store.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR),
    lambda store: store.replace(IdpRecord.SESSION, "s", {"expires_at": 1e12}, {}),
]


@pytest.mark.parametrize("operation", [*REPEATABLE, *NOT_REPEATABLE])
def test_without_redis_every_operation_raises_store_unavailable(
    tmp_path: Path, operation: Callable[[Store], object]
) -> None:
    store = Store(client_for(socket_url(tmp_path / "nobody.sock")))
    with pytest.raises(StoreUnavailable):
        operation(store)


@pytest.fixture
def restartable(tmp_path: Path) -> Iterator[tuple[Store, Callable[[], subprocess.Popen[bytes]]]]:
    server, path = start_redis(tmp_path)
    servers = [server]

    def restart() -> subprocess.Popen[bytes]:
        servers[-1].kill()
        servers[-1].wait()
        servers.append(start_redis(tmp_path)[0])
        return servers[-1]

    yield Store(client_for(socket_url(path))), restart
    servers[-1].kill()
    servers[-1].wait()


@pytest.mark.parametrize("operation", [*REPEATABLE, *NOT_REPEATABLE])
def test_after_a_restart_of_redis_every_operation_works(restartable: Any, operation: Callable[[Store], object]) -> None:
    store, restart = restartable
    raced(3, store.ping)  # several connections, all of which the restart closes
    restart()
    operation(store)
    operation(store)


class Proxy:
    """Stands between a store and its Redis, and can swallow the answer to a command that was executed."""

    def __init__(self, folder: Path, server: Path) -> None:
        self.path = folder / "proxy.sock"
        self.swallow = 0
        self.commands: list[bytes] = []
        self._server = server
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.path))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._relay, args=(client,), daemon=True).start()

    def _relay(self, client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as server:
            server.connect(str(self._server))
            while command := client.recv(65536):
                self.commands.append(command)
                server.sendall(command)
                answer = server.recv(65536)
                if self.swallow and b"CLIENT" not in command:
                    self.swallow -= 1
                    return
                client.sendall(answer)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@pytest.fixture
def proxy(tmp_path: Path, store: Store, redis_socket: Path) -> Iterator[Proxy]:
    """`store` is asked for so that it starts empty."""
    proxy = Proxy(tmp_path, redis_socket)
    yield proxy
    proxy.close()


def test_a_redemption_with_a_lost_answer_is_not_repeated(proxy: Proxy, store: Store) -> None:
    """The code may be spent: the next caller must be told so, and silence would look like a replay."""
    far = Store(client_for(socket_url(proxy.path)))
    store.put(IdpRecord.CODE, "c", {"client_id": "dcc", "grant": "g"}, lifetime=MINUTE)
    store.redeem(IdpRecord.CODE, "other", by="dcc", tombstone=HOUR)  # so that Redis knows the script
    far.ping()
    proxy.commands.clear()
    proxy.swallow = 1
    with pytest.raises(StoreUnavailable):
        far.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR)
    assert len(proxy.commands) == 1
    assert isinstance(far.redeem(IdpRecord.CODE, "c", by="dcc", tombstone=HOUR), Replayed)


def test_a_read_with_a_lost_answer_is_repeated_once(proxy: Proxy, store: Store) -> None:
    far = Store(client_for(socket_url(proxy.path)))
    store.put(IdpRecord.SESSION, "s", {"n": 1}, lifetime=MINUTE)
    far.ping()
    proxy.swallow = 1
    assert without_expiry(far.get(IdpRecord.SESSION, "s")) == {"n": 1}
    proxy.swallow = 2
    with pytest.raises(StoreUnavailable):
        far.get(IdpRecord.SESSION, "s")
    assert without_expiry(far.get(IdpRecord.SESSION, "s")) == {"n": 1}


def test_an_operation_waits_only_briefly_for_a_silent_redis(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        client = redis.Redis(unix_socket_path=str(tmp_path / "silent.sock"), socket_timeout=0.05, retry=None)
        with pytest.raises(StoreUnavailable):
            Store(client).get(IdpRecord.SESSION, "s")
    assert client_for("redis://127.0.0.1").connection_pool.connection_kwargs["socket_timeout"] <= 2


def test_a_full_redis_is_unavailable_and_its_error_quotes_no_data(store: Store, redis_socket: Path) -> None:
    with client_for(socket_url(redis_socket)) as client:
        client.config_set("maxmemory", "1")
        try:
            with pytest.raises(RefusedByRedis) as full:
                store.put(IdpRecord.SESSION, "s", {"secret": "abc"}, lifetime=MINUTE)
        finally:
            client.config_set("maxmemory", "0")
    assert str(full.value).startswith("OutOfMemoryError")
    assert "abc" not in str(full.value)
