"""The command `serve` of a service: the supervisor, which holds the listening socket and runs the other processes.

    serve ── redis-server      if the settings name no Redis; keeps running during a reload
          ├─ web server        ── its workers
          └─ jobs              the work outside requests

SIGHUP replaces the web server and the jobs without dropping a request. SIGTERM and Ctrl-C stop everything in order. A
child that ends is started again while the socket stays open. If the supervisor dies, its children end too.
"""

import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Final

from config import logging_setup
from config.common_settings import CommonSettings
from config.processes import start_child, stop_child
from config.redis.connection import StoreUnavailable
from config.redis.embedded import EmbeddedRedis
from config.redis.servers import link_of, warn_at_start
from config.server.listening import listen
from config.server.restarts import Restarts
from config.server.service import ServiceProcesses, imported
from config.server.signals import Signals, signals

WATCH_INTERVAL: Final = 1.0  # seconds; SIGCHLD also wakes the supervisor, unless the signal was lost
STOPPING_AT_MOST: Final = 40.0  # seconds
LONGEST_PAUSE: Final = 30.0  # seconds
START_PERIOD: Final = 10.0  # seconds; a web server that fails within them cannot load the application

logger = logging.getLogger(__name__)


def serve(
    settings: CommonSettings,
    service: ServiceProcesses,
    *,
    environment: Mapping[str, str] | None = None,
    web_environment: Mapping[str, str] | None = None,
) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status.

    The children read their settings from the environment, or from `environment`. It must
    contain the same values as `settings`. `web_environment` replaces it for the web server.

    Raises:
        CannotListen: the port is in use, or the address does not belong to this machine.
    """
    logging_setup.configure(settings, imported(service.journal_rules))
    with signals() as received, ExitStack() as started:  # a second Ctrl-C does not interrupt the end
        listening = started.enter_context(listen(settings.host, settings.port))
        shutil.rmtree(settings.metrics_folder, ignore_errors=True)  # counters start at zero with the service
        redis = None
        if settings.has_private_redis:
            redis = EmbeddedRedis(settings)
            redis.start()
            started.callback(redis.stop)
        web = _WebServer(
            service.web_server(),
            environment if web_environment is None else web_environment,
            listening=listening.fileno(),
            workers=settings.workers,
        )
        started.callback(web.stop)
        web.import_application()  # in parallel, a process of its own migrates the database and frees its memory
        if status := _migrate(service, environment):
            return status
        with suppress(StoreUnavailable):  # it is logged; the service starts all the same
            warn_at_start(link_of(settings))
        children = (web, _Child("jobs", service.jobs, environment))
        started.callback(children[1].stop)
        for child in children:
            child.start()
        logger.info("Serving %s on %s port %s", settings.origin, settings.host, settings.port)
        return _watch(redis, web, children, received)


def _migrate(service: ServiceProcesses, environment: Mapping[str, str] | None) -> int:
    return subprocess.run(service.migrate, env=environment, stdout=subprocess.DEVNULL, check=False).returncode


def _watch(redis: EmbeddedRedis | None, web: "_WebServer", children: "Sequence[_Child]", received: Signals) -> int:
    while True:
        for number in received.received(within=WATCH_INTERVAL, or_readable=web.wait_descriptors):
            match number:
                case signal.SIGTERM | signal.SIGINT:
                    logger.info("Stopping")
                    return 0
                case signal.SIGHUP:
                    logger.info("Reloading")
                    for child in children:
                        child.reload()
        if redis is not None and redis.restart_if_dead():
            logger.error("The private Redis ended and was started again")
        if web.could_not_start:
            logger.error("The web server cannot start")
            return 1
        for child in children:
            child.restart_if_dead()


class _Child:
    """A process that runs as long as the supervisor."""

    def __init__(self, name: str, command: tuple[str, ...], environment: Mapping[str, str] | None) -> None:
        self.name = name
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = Restarts(LONGEST_PAUSE)

    def start(self) -> None:
        self._process = start_child(self._command, environment=self._environment)
        self._restarts.note_start()

    def stop(self) -> None:
        if self._process is not None:
            stop_child(self._process, patience=STOPPING_AT_MOST)

    def reload(self) -> None:
        """Stop the process; it is started again with new code and settings."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._restarts.expect_end()

    def restart_if_dead(self) -> None:
        if self._process is None or self._process.poll() is None:
            return
        expected = self._restarts.end_was_expected
        if self._restarts.is_due():
            if not expected:
                logger.error("%s ended with status %s and is started again", self.name, self._process.returncode)
            self.start()


class _WebServer(_Child):
    """The web server. A reload starts a successor on the same socket, which takes over when all its workers answer."""

    def __init__(
        self, command: tuple[str, ...], environment: Mapping[str, str] | None, *, listening: int, workers: int
    ) -> None:
        super().__init__("web", command, environment)
        self._listening = listening
        self._workers = workers
        self._first_started_at: float | None = None
        self._successor: _Successor | None = None
        self._start_pipe: int | None = None
        self._stopping: list[tuple[subprocess.Popen[bytes], float]] = []

    def import_application(self) -> None:
        """Start the web server process. It imports the application now, and starts its workers on `start`."""
        after, self._start_pipe = os.pipe2(os.O_CLOEXEC)
        self._process = self._spawn(after=after)
        os.close(after)

    def start(self) -> None:
        if self._start_pipe is None:
            self._process = self._spawn()
        else:
            with suppress(BrokenPipeError):  # it has ended already; `could_not_start` says so
                os.write(self._start_pipe, b".")
            os.close(self._start_pipe)
            self._start_pipe = None
        self._restarts.note_start()
        self._first_started_at = self._restarts.started_at if self._first_started_at is None else float("-inf")

    def _spawn(self, **pipes: int) -> subprocess.Popen[bytes]:
        descriptors = {"listening": self._listening, **pipes}
        command = [*self._command, *(f"--{name}={number}" for name, number in descriptors.items())]
        return start_child(command, environment=self._environment, kept_open=tuple(descriptors.values()))

    def stop(self) -> None:
        if self._successor is not None:
            self._successor.give_up()
        super().stop()
        for process, _ in self._stopping:
            stop_child(process, patience=STOPPING_AT_MOST)

    @property
    def could_not_start(self) -> bool:
        """Whether the first web server ended with an error: the application cannot be loaded."""
        if self._process is None or self._first_started_at is None or not (self._process.poll() or 0) > 0:
            return False
        return time.monotonic() - self._first_started_at < START_PERIOD

    @property
    def wait_descriptors(self) -> tuple[int, ...]:
        """The pipe that becomes readable when a worker of the successor answers."""
        return () if self._successor is None else (self._successor.ready_pipe,)

    def reload(self) -> None:
        if self._successor is not None:
            self._successor.give_up()  # it has read older settings
        ready_reader, ready_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._successor = _Successor(self._spawn(ready=ready_writer), ready_reader, workers=self._workers)
        os.close(ready_writer)

    def restart_if_dead(self) -> None:
        self._kill_overdue()
        if self._successor is None:
            super().restart_if_dead()
        elif self._successor.is_ready():
            if self._process is not None and self._process.poll() is None:
                self._process.terminate()
                self._stopping.append((self._process, time.monotonic() + STOPPING_AT_MOST))
            self._process, self._successor = self._successor.take_over(), None
            self._restarts = Restarts(LONGEST_PAUSE)
            self._restarts.note_start()
        elif self._successor.has_failed():
            logger.error("The new web server cannot start; the previous one keeps serving")
            self._successor.give_up()
            self._successor = None

    def _kill_overdue(self) -> None:
        for process, until in self._stopping:
            if process.poll() is None and time.monotonic() > until:
                process.kill()
        self._stopping = [one for one in self._stopping if one[0].poll() is None]


class _Successor:
    """A web server that will take over, and the pipe into which each of its workers writes when it answers."""

    def __init__(self, process: subprocess.Popen[bytes], ready_pipe: int, *, workers: int) -> None:
        self._process = process
        self.ready_pipe = ready_pipe
        self._workers_to_come = workers

    def is_ready(self) -> bool:
        with suppress(BlockingIOError):
            self._workers_to_come -= len(os.read(self.ready_pipe, self._workers_to_come))
        return self._workers_to_come <= 0

    def has_failed(self) -> bool:
        return self._process.poll() is not None

    def take_over(self) -> subprocess.Popen[bytes]:
        os.close(self.ready_pipe)
        return self._process

    def give_up(self) -> None:
        os.close(self.ready_pipe)
        stop_child(self._process, patience=STOPPING_AT_MOST)
