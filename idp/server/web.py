"""The child of `idp serve` that speaks HTTP: workers of Granian, or of Gunicorn where the settings say so.

`python -m idp.server.web idp.wsgi:application`; the settings are those of the environment. It imports what the
application is made of once, and forks the workers, so that they share it and start soon; each makes its own
application, and nothing is open or running before. New code and new settings are therefore
a new web server: the supervisor starts one on the same socket, and stops this one when that is ready.

A worker that ends is started again, alone. The workers end with this process, however it ends.
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
from config.common_settings import WebServer
from config.private_files import keep_files_private
from config.processes import end_with_parent
from idp.server.listening import CannotListen, listen
from idp.server.restarts import Restarts
from idp.server.signals import Signals, forget_signals, signals
from idp.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PRELOADED: Final = {"idp.wsgi": "idp.app"}  # what may be imported before a fork, of what an application is made of
STOPPING_AT_MOST: Final = 30.0  # seconds for what a worker has in hand when it is asked to end
LONGEST_PAUSE: Final = 5.0
WATCH_INTERVAL: Final = 1.0
EXTRA_DESCRIPTORS: Final = 256  # that a worker needs besides one for each connection

logger = logging.getLogger(__name__)


def run(
    settings: Settings,
    application: str,
    listening: socket.socket,
    *,
    after: int | None = None,
    ready: int | None = None,
) -> int:
    """Serve `application`, a `module:name`, until asked to end; the exit status.

    Workers are started once an octet has come from the pipe `after`. Each writes one to `ready` when it answers.
    """
    _allow_descriptors(settings.backpressure + EXTRA_DESCRIPTORS)
    if module := PRELOADED.get(application.partition(":")[0]):
        importlib.import_module(module)
    if after is not None:
        if not os.read(after, 1):
            return 1
        os.close(after)
    gc.collect()
    gc.freeze()  # what is shared by the workers is not touched by their collectors

    def notify_ready() -> None:
        with suppress(BrokenPipeError):  # a worker that is started again later: nobody waits for it
            if ready is not None:
                os.write(ready, b".")

    match settings.web_server:
        case WebServer.GRANIAN:
            return _GranianWorkers(settings, application, listening, notify_ready).run()
        case WebServer.GUNICORN:
            from idp.server.gunicorn_worker import run as run_gunicorn

            return run_gunicorn(settings, lambda: _load(application), listening, notify_ready)


def _load(application: str) -> "WSGIApplication":
    module, _, name = application.partition(":")
    loaded: WSGIApplication = getattr(importlib.import_module(module), name)
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
    """The workers of Granian, each forked from here and started again when it ends."""

    def __init__(
        self, settings: Settings, application: str, listening: socket.socket, notify_ready: Callable[[], None]
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
                    logger.error("Worker %s had ended with status %s", worker.number, ended)
                    if ended > 0 and not self._any_was_ready():
                        return 1  # it cannot be loaded: who started us says so
                if worker.pid is None and worker.restarts.is_due():
                    self._start(worker)

    def _start(self, worker: _Worker) -> None:
        worker.restarts.note_start()
        if threading.active_count() != 1:
            raise RuntimeError("a process is forked while it has one thread")
        parent = os.getpid()
        worker.pid = os.fork()
        if worker.pid == 0:
            self._run_worker(parent)

    def _run_worker(self, parent: int) -> None:
        """What a worker runs first: until it has loaded the application, it ends at once when told to."""
        status = 1
        try:
            forget_signals()
            end_with_parent(parent)
            from idp.server.granian_worker import run as run_worker

            run_worker(
                _load(self._application),
                self._listening,
                threads=self._settings.threads,
                connections=self._settings.backpressure,
                ready=self._is_ready,
            )
            status = 0
        except Exception:  # the edge of a process
            logger.exception("A worker does not start")
        finally:
            logging.shutdown()
            os._exit(status)

    def _is_ready(self) -> None:
        os.write(self._ready_writer, b".")
        self._notify_ready()

    def _any_was_ready(self) -> bool:
        return bool(select.select([self._ready_reader], [], [], 0)[0])

    def _stop(self, received: Signals) -> None:
        """Ask all of them to end, and kill those that have not after a while."""
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
    """The exit status of a child, negative when a signal ended it; nothing while it lives."""
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m idp.server.web", description=__doc__)
    parser.add_argument("application", help="What to serve, module:name.")
    parser.add_argument("--listening", type=int, help="An open socket that listens; otherwise one is opened.")
    parser.add_argument("--after", type=int, help="An open pipe, to wait for an octet from before there are workers.")
    parser.add_argument("--ready", type=int, help="An open pipe, into which each worker writes an octet.")
    arguments = parser.parse_args()
    keep_files_private()
    settings = Settings.load()
    logging_setup.configure(settings)
    try:
        if arguments.listening is None:
            listening = listen(settings.host, settings.port)
        else:
            listening = socket.socket(fileno=arguments.listening)
    except CannotListen as wrong:
        logger.error("%s", wrong)  # noqa: TRY400  the sentence says it all
        return 1
    return run(settings, arguments.application, listening, after=arguments.after, ready=arguments.ready)


if __name__ == "__main__":
    sys.exit(main())
