"""The web server process, a child of the supervisor, with Granian workers or, by the settings, Gunicorn workers.

    python -m config.server.web idp.wsgi:application --settings=idp.settings:Settings --preload=idp.app ...

It reads its settings from the environment, imports the preloaded module once and forks the workers, which share that
memory and start fast. Each worker builds its own application; no connection or thread exists before the fork. New code
and new settings need a new web server: the supervisor starts one on the same socket, and stops this one when the new
one is ready.

A worker that ends is started again. If this process dies, its workers end too.
"""

import argparse
import gc
import importlib
import logging
import os
import resource
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from config import logging_setup
from config.common_settings import CommonSettings, WebServer
from config.private_files import keep_files_private
from config.processes import end_with_parent
from config.server.listening import CannotListen, listen
from config.server.restarts import Restarts
from config.server.service import imported
from config.server.signals import Signals, forget_signals, signals

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

STOPPING_AT_MOST: Final = 30.0  # seconds in which a worker finishes its requests
LONGEST_PAUSE: Final = 5.0  # seconds
WATCH_INTERVAL: Final = 1.0  # seconds
EXTRA_DESCRIPTORS: Final = 256  # file descriptors of a worker besides its connections

logger = logging.getLogger(__name__)


def run(
    settings: CommonSettings,
    application: str,
    listening: socket.socket,
    *,
    preload: str = "",
    after: int | None = None,
    ready: int | None = None,
) -> int:
    """Serve `application`, a `module:name`, until SIGTERM or SIGINT; return the exit status.

    The module `preload` is imported before the fork. Workers start when an octet has arrived from the pipe `after`.
    Each writes one to the pipe `ready` when it answers.
    """
    _allow_descriptors(settings.backpressure + EXTRA_DESCRIPTORS)
    if preload:
        importlib.import_module(preload)
    if after is not None:
        if not os.read(after, 1):
            return 1
        os.close(after)
    gc.collect()
    gc.freeze()  # the garbage collectors of the workers leave the shared memory untouched

    def notify_ready() -> None:
        with suppress(BrokenPipeError):  # a worker that was restarted later: no process reads the pipe any more
            if ready is not None:
                os.write(ready, b".")

    match settings.web_server:
        case WebServer.GRANIAN:
            return _GranianWorkers(settings, application, listening, notify_ready).run()
        case WebServer.GUNICORN:
            from config.server.gunicorn_worker import run as run_gunicorn

            return run_gunicorn(settings, lambda: _load(application), listening, notify_ready)


def _load(application: str) -> "WSGIApplication":
    loaded: WSGIApplication = imported(application)
    return loaded


def _allow_descriptors(wanted: int) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    if allowed > resource.getrlimit(resource.RLIMIT_NOFILE)[0]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


@dataclass(slots=True)
class _Worker:
    number: int
    restarts: Restarts
    pid: int | None = None


class _GranianWorkers:
    """Forks the Granian workers, and starts each again when it ends."""

    def __init__(
        self, settings: CommonSettings, application: str, listening: socket.socket, notify_ready: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._application = application
        self._listening = listening
        self._notify_ready = notify_ready
        self._workers = [_Worker(number, Restarts(LONGEST_PAUSE)) for number in range(1, settings.workers + 1)]
        self._ready_reader, self._ready_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def run(self) -> int:
        with signals() as received:
            for worker in self._workers:
                self._start(worker)
            status = self._watch(received)
            self._stop(received)
        return status

    def _watch(self, received: Signals) -> int:
        while True:
            for number in received.received(within=WATCH_INTERVAL):
                if number in (signal.SIGTERM, signal.SIGINT):
                    return 0
            for worker in self._workers:
                if worker.pid is not None and (ended := _exit_status(worker.pid)) is not None:
                    worker.pid = None
                    logger.error("Worker %s ended with status %s", worker.number, ended)
                    if ended > 0 and not self._any_was_ready():
                        return 1  # the application cannot be loaded; the supervisor logs it
                if worker.pid is None and worker.restarts.is_due():
                    self._start(worker)

    def _start(self, worker: _Worker) -> None:
        worker.restarts.note_start()
        if threading.active_count() != 1:
            raise RuntimeError("a process must fork while it has only one thread")
        parent = os.getpid()
        worker.pid = os.fork()
        if worker.pid == 0:
            self._run_worker(parent)

    def _run_worker(self, parent: int) -> None:
        """The body of a worker process. Until the application is loaded, SIGTERM ends it at once."""
        status = 1
        try:
            forget_signals()
            end_with_parent(parent)
            from config.server.granian_worker import run as run_worker

            run_worker(
                _load(self._application),
                self._listening,
                threads=self._settings.threads,
                connections=self._settings.backpressure,
                ready=self._is_ready,
            )
            status = 0
        except Exception:  # the edge of a process
            logger.exception("A worker cannot start")
        finally:
            logging.shutdown()
            os._exit(status)

    def _is_ready(self) -> None:
        os.write(self._ready_writer, b".")
        self._notify_ready()

    def _any_was_ready(self) -> bool:
        return bool(select.select([self._ready_reader], [], [], 0)[0])

    def _stop(self, received: Signals) -> None:
        """Send SIGTERM to all workers, and kill those that still run after STOPPING_AT_MOST."""
        living = [worker.pid for worker in self._workers if worker.pid is not None]
        for pid in living:
            os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + STOPPING_AT_MOST
        while (living := [pid for pid in living if _exit_status(pid) is None]) and time.monotonic() < until:
            received.received(within=WATCH_INTERVAL)
        for pid in living:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _exit_status(pid: int) -> int | None:
    """The exit status of a child, negative if a signal ended it, or None while it runs."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.server.web", description=__doc__)
    parser.add_argument("application", help="What to serve, module:name.")
    parser.add_argument("--settings", required=True, help="The table of settings, module:name.")
    parser.add_argument("--journal-rules", required=True, help="The rules of the journal, module:name.")
    parser.add_argument("--preload", default="", help="A module to import before the fork.")
    parser.add_argument("--listening", type=int, help="The descriptor of a listening socket. Default: open one.")
    parser.add_argument("--after", type=int, help="The descriptor of a pipe. Workers start when an octet arrives.")
    parser.add_argument("--ready", type=int, help="The descriptor of a pipe. A worker that answers writes an octet.")
    arguments = parser.parse_args()
    keep_files_private()
    table: type[CommonSettings] = imported(arguments.settings)
    settings = table.load()
    logging_setup.configure(settings, imported(arguments.journal_rules))
    try:
        if arguments.listening is None:
            listening = listen(settings.host, settings.port)
        else:
            listening = socket.socket(fileno=arguments.listening)
    except CannotListen as wrong:
        logger.error("%s", wrong)  # noqa: TRY400 - the message suffices
        return 1
    return run(
        settings,
        arguments.application,
        listening,
        preload=arguments.preload,
        after=arguments.after,
        ready=arguments.ready,
    )


if __name__ == "__main__":
    sys.exit(main())
