"""The private Redis of an installation whose settings name no Redis: a real redis-server process.

It listens on a Unix socket that only our own user may open, writes every change to an append-only file, and evicts
nothing. The supervisor of a service's `serve` starts it, watches it and stops it; a reload of the workers leaves it
running. A command uses the running server, or starts one for as long as the command lasts.

The name of the data folder carries the major version of the server: an older server
starts EMPTY, without a warning, on the append-only folder of a newer one.
"""

import logging
import os
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import redis

from config.common_settings import CommonSettings
from config.processes import FileLock, LockedElsewhere, start_child, stop_child
from config.redis.connection import client_for, socket_url
from config.redis.server_program import EmbeddedRedisError, ServerProgram, find_server_program

LONGEST_SOCKET_PATH: Final = 100  # in bytes; sockaddr_un allows 108 on Linux, 104 elsewhere
START_TIMEOUT: Final = 120.0  # in seconds; the server reads its append-only file before it answers
STOP_TIMEOUT: Final = 10.0
TAKEOVER_TIMEOUT: Final = 10.0

logger = logging.getLogger("poterne.stores")


class AlreadySupervised(EmbeddedRedisError):
    """Another process runs the private Redis of this data folder."""


def socket_path(settings: CommonSettings) -> Path:
    """The path of the socket: the same for the supervisor, the workers and the commands of a data folder.

    Raises:
        EmbeddedRedisError: the folder of the socket belongs to another user.
    """
    folder = _private(_folder(settings))
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = sha256(os.fsencode(folder)).hexdigest()[:16]
    return _private(Path("/tmp", f"poterne-{os.getuid()}-{name}")) / "redis.sock"  # noqa: S108  owner checked by _private


def _folder(settings: CommonSettings) -> Path:
    return settings.data_folder.resolve() / "redis"


def _private(folder: Path) -> Path:
    """Create `folder` unless it exists, and return it.

    Raises:
        EmbeddedRedisError: another user owns it, or it is not a folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EmbeddedRedisError(f"{folder} belongs to another user: remove it, or change the setting `data_folder`.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder


class EmbeddedRedis:
    """The private Redis of one data folder, as its supervisor controls it.

    Three lock files protect it. The one process that may start a server holds `supervisor.lock`.
    The server holds `server.lock`: when its supervisor is killed, the server ends a moment later, and the lock
    keeps the next server from writing the same files until then. Commands that use the server share `commands.lock`.
    """

    def __init__(self, settings: CommonSettings) -> None:
        self.socket = socket_path(settings)
        self._folder = _folder(settings)
        self.commands = FileLock(self._folder / "commands.lock")
        self._log = self._folder / "redis.log"
        self._memory = settings.private_redis_memory
        self._supervisor = FileLock(self._folder / "supervisor.lock")
        self._server_lock = FileLock(self._folder / "server.lock")
        self._server: ServerProgram | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The identifier of the server's process, or None when none runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self, *, patience: float = TAKEOVER_TIMEOUT) -> None:
        """Start the server, and return once it answers.

        Raises:
            AlreadySupervised: another process runs it, and did not stop within `patience` seconds.
            EmbeddedRedisError: no server is installed, or it does not start.
        """
        try:
            self._supervisor.take(patience=patience)
        except LockedElsewhere:
            raise AlreadySupervised(f"Redis is already in use in {self._folder}: is the service running?") from None
        try:
            self._server = find_server_program()
            if warning := self._server.advice:
                logger.warning("redis: %s", warning, extra={"component": "redis"})
            self._start_server(self._server)
        except BaseException:
            self.stop()
            raise

    def restart_if_dead(self) -> bool:
        """Start the server again if it has ended, from its append-only file, and return whether it had ended."""
        if self._server is None or self.pid is not None:
            return False
        self._start_server(self._server)
        return True

    def stop(self) -> None:
        """Stop the server. It has written everything to disk when this returns."""
        if self._child is not None:
            stop_child(self._child, patience=STOP_TIMEOUT)
            self._child = None
        self._server = None
        self._supervisor.release()

    def _start_server(self, server: ServerProgram) -> None:
        data = _private(self._folder / server.folder_name)
        try:
            self._server_lock.take(patience=STOP_TIMEOUT)
        except LockedElsewhere:
            raise EmbeddedRedisError(f"The redis-server of an earlier start still writes in {self._folder}.") from None
        try:
            self._child = start_child(
                _command(server, data, self.socket, self._log, memory=self._memory),
                kept_open=[self._server_lock.give_to_child()],
            )
        finally:
            self._server_lock.release()
        self._wait_until_it_answers(self._child)

    def _wait_until_it_answers(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while not answers(self.socket):
            if child.poll() is not None:
                raise EmbeddedRedisError(f"redis-server ended with status {child.returncode}: see {self._log}.")
            if time.monotonic() > deadline:
                raise EmbeddedRedisError(f"redis-server does not answer after {START_TIMEOUT:.0f} s: see {self._log}.")
            time.sleep(0.005)


def _command(server: ServerProgram, data: Path, socket: Path, log: Path, *, memory: int) -> list[str]:
    settings = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "600",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": f"{memory}mb",
        "maxmemory-policy": "noeviction",
        "databases": "1",
        "daemonize": "no",
        "loglevel": "notice",
        "logfile": str(log),
    }
    return [str(server.path), *(argument for name, value in settings.items() for argument in (f"--{name}", value))]


def answers(socket: Path) -> bool:
    """Whether a Redis answers on `socket`, which it does once it has read its files."""
    with client_for(socket_url(socket)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def redis_for_a_command(settings: CommonSettings) -> Iterator[None]:
    """Provide a Redis for as long as a command lasts.

    The command uses the Redis that the settings name, or the private one that `serve` runs. Otherwise it
    starts a private one; other commands may use it too, and it stops after the last of them.
    """
    if not settings.has_private_redis:
        yield
        return
    server = EmbeddedRedis(settings)
    users = server.commands
    users.take(shared=True, patience=TAKEOVER_TIMEOUT)
    try:
        started = _start_or_join(server)
        yield
    except BaseException:
        users.release()
        server.stop()
        raise
    users.release()
    if started:
        with users.held(patience=START_TIMEOUT):
            server.stop()


def _start_or_join(server: EmbeddedRedis) -> bool:
    """Start the server and return True, or return False once the server of another process answers."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            server.start(patience=0)
        except AlreadySupervised:
            if answers(server.socket):
                return False
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return True
