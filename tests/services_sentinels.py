"""A Redis primary, its replicas and the Sentinels that watch them, on ports of this machine."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from config.redis.server_program import find_server_program
from tests.ports import free_ports
from tests.processes import until, until_ready

PRIMARY = "poterne"
PASSWORD = "of-the-servers"
SENTINEL_PASSWORD = "of-the-sentinels"
DOWN_AFTER = 1_000  # milliseconds


@dataclass(frozen=True)
class WatchedRedis:
    """Three servers and three Sentinels."""

    servers: dict[int, subprocess.Popen[bytes]]
    sentinels: tuple[int, ...]

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(f"127.0.0.1:{port}" for port in self.sentinels)

    @property
    def settings(self) -> dict[str, Any]:
        """As an installation would be told of them."""
        return {
            "redis_sentinels": ",".join(self.addresses),
            "redis_primary_name": PRIMARY,
            "redis_password": PASSWORD,
            "redis_sentinel_password": SENTINEL_PASSWORD,
        }

    def sentinel(self, position: int = 0) -> redis.Redis:
        return redis.Redis(port=self.sentinels[position], password=SENTINEL_PASSWORD, decode_responses=True)

    def primary(self) -> int:
        """The port of the primary, as the first Sentinel sees it."""
        with self.sentinel() as sentinel:
            return int(sentinel.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", PRIMARY)[1])

    def kill(self, port: int) -> None:
        self.servers[port].kill()
        self.servers[port].wait()

    def fail_over(self) -> int:
        """Have a replica take the place of the primary, which goes on as its replica; the port of the new one."""
        before = self.primary()
        with self.sentinel() as sentinel:
            sentinel.execute_command("SENTINEL FAILOVER", PRIMARY)
        until(lambda: self.primary() != before, what="another primary")
        until(lambda: self.role(before) == "slave", what="the demotion of the former primary")
        return self.primary()

    def role(self, port: int) -> str:
        with suppress(redis.RedisError), server(port) as client:
            return str(client.execute_command("ROLE")[0])
        return ""

    def is_settled(self) -> bool:
        """Every Sentinel knows the others and both replicas, which follow the primary."""
        for position in range(len(self.sentinels)):
            with self.sentinel(position) as sentinel:
                (state,) = sentinel.sentinel_masters().values()
                if state["num-slaves"] < 2 or state["num-other-sentinels"] < 2:
                    return False
        with server(self.primary()) as client:
            return int(client.info("replication")["connected_slaves"]) == 2


def server(port: int) -> redis.Redis:
    return redis.Redis(port=port, password=PASSWORD, decode_responses=True)


@contextmanager
def watched_redis() -> Iterator[WatchedRedis]:
    """They have found one another when the block begins."""
    program = find_server_program().path
    ports = free_ports(6)
    with ExitStack() as ended:
        folder = Path(ended.enter_context(tempfile.TemporaryDirectory(prefix="sentinels-")))
        started: dict[int, subprocess.Popen[bytes]] = {}
        for port in ports:
            words = _server(port, ports[0], folder) if port in ports[:3] else _sentinel(port, ports[0], folder)
            log = folder / f"{port}.log"
            with log.open("wb") as written:
                process = subprocess.Popen([program, *words], stdout=written)
            ended.callback(process.wait)
            ended.callback(process.kill)
            started[port] = process
            if port in ports[:3]:
                until_ready(process, lambda port=port: _answers(port), log=log)
        watched = WatchedRedis(servers={port: started[port] for port in ports[:3]}, sentinels=tuple(ports[3:]))
        until(lambda: _is_settled(watched), what="three Sentinels that agree")
        yield watched


def _server(port: int, primary: int, folder: Path) -> list[str]:
    (folder / str(port)).mkdir()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder / str(port)), "--save", "",
             "--requirepass", PASSWORD, "--masterauth", PASSWORD, "--repl-diskless-sync-delay", "0"]  # fmt: skip
    return words if port == primary else [*words, "--replicaof", "127.0.0.1", str(primary)]


def _sentinel(port: int, primary: int, folder: Path) -> list[str]:
    file = folder / f"{port}.conf"
    file.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\nrequirepass {SENTINEL_PASSWORD}\n"
        f"sentinel sentinel-pass {SENTINEL_PASSWORD}\n"
        f"sentinel monitor {PRIMARY} 127.0.0.1 {primary} 2\nsentinel auth-pass {PRIMARY} {PASSWORD}\n"
        f"sentinel down-after-milliseconds {PRIMARY} {DOWN_AFTER}\nsentinel failover-timeout {PRIMARY} 10000\n",
        encoding="utf-8",
    )
    return [str(file), "--sentinel"]


def _answers(port: int) -> bool:
    with suppress(redis.RedisError), server(port) as client:
        return bool(client.ping())
    return False


def _is_settled(watched: WatchedRedis) -> bool:
    with suppress(redis.RedisError, ValueError, KeyError):
        return watched.is_settled()
    return False
