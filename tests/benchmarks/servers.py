"""The processes that are measured: web servers started as `idp serve` starts one, their CPU time and memory."""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import psutil

from config.redis.connection import socket_url
from config.server.service import ServiceProcesses
from idp.accounts.passwords.allocator import with_allocator
from idp.settings import Settings
from tests.benchmarks.http_line import Line
from tests.fixtures.services import start_redis

FLOOR_REDIS_URL, FLOOR_TRAIL = "FLOOR_REDIS_URL", "FLOOR_TRAIL"

OURS = "idp.wsgi:application"
FLOOR = "tests.benchmarks.floors:application"
BARE_FLASK = "tests.benchmarks.bare_flask:application"

_TREE = Path(__file__).parents[2]
_STARTED_WITHIN = 60.0


class WebServer:
    """A web server with its workers."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.port = port
        main = psutil.Process(process.pid)
        self._workers = [child for child in main.children(recursive=True) if "resource_tracker" not in _named(child)]
        self._processes = [main, *self._workers]

    @property
    def workers(self) -> int:
        return len(self._workers)

    def cpu(self) -> float:
        """Seconds of CPU so far, user and system, of all its processes."""
        return sum(cpu_of(process) for process in self._processes)

    def memory(self) -> float:
        """What all its processes hold now, in MB: PSS, so that shared pages are counted once."""
        return sum(process.memory_full_info().pss for process in self._processes) / 1e6

    def forget_peaks(self) -> None:
        for worker in self._workers:
            Path(f"/proc/{worker.pid}/clear_refs").write_text("5")

    def peak_memory(self) -> float:
        """The most that its workers have held since `forget_peaks`, in MB: resident, shared pages counted for each."""
        return sum(_peak(worker.pid) for worker in self._workers) / 1000


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU of its threads, user and system, by the scheduler's nanoseconds: psutil's are hundredths."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@contextmanager
def web_server(
    application: str, port: int, environment: Mapping[str, str], log: Path, *, workers: int
) -> Iterator[WebServer]:
    """A web server for `application` as long as the block lasts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POTERNE_")}
    given = kept | dict(environment) | {"POTERNE_PORT": str(port), "POTERNE_WORKERS": str(workers)}
    variables = with_allocator(given)
    served = ServiceProcesses.of("idp", Settings)
    if application != OURS:
        served = replace(served, application=application, preloaded="")
    with (
        log.open("wb") as written,
        subprocess.Popen(served.web_server(), cwd=_TREE, env=variables, stdout=written, stderr=written) as process,
    ):
        try:
            _wait_until_it_answers(process, port, log)
            yield WebServer(process, port)
        finally:
            process.terminate()
            process.wait(60)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _STARTED_WITHIN
    line = Line(port)
    while True:
        try:
            line.get("/health/live").expect(200)
            break
        except OSError:
            assert process.poll() is None, log.read_text(errors="replace")[-3000:]
            assert time.monotonic() < until, f"no answer on port {port}"
            Event().wait(0.1)
    line.close()


def _named(process: psutil.Process) -> str:
    return " ".join(process.cmdline())


def _peak(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1]) * 1.024
    raise AssertionError("no VmHWM")


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A private redis-server that keeps nothing on disk."""

    url: str
    process: psutil.Process

    def cpu(self) -> float:
        return cpu_of(self.process)


@contextmanager
def running_redis_server(folder: Path) -> Iterator[RedisServer]:
    """One as long as the block lasts; ours and the floor share it."""
    process, socket = start_redis(folder)
    try:
        yield RedisServer(socket_url(socket), psutil.Process(process.pid))
    finally:
        process.kill()
        process.wait()
