"""`idp serve`: one supervisor, and the processes it starts, watches and stops.

    serve ── redis-server      when the settings name no other; outlives a reload
          ├─ web server        ── its workers
          └─ jobs              what is done outside a request

SIGHUP replaces the workers without dropping a request. SIGTERM and Ctrl-C stop
everything in order. A child that ends is started again. Whatever happens to the
supervisor, its children end with it.
"""

import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from config import journal
from config.database import Database
from config.embedded_redis import EmbeddedRedis
from config.processes import start_child, stop_child
from config.redis_link import StoreUnavailable
from config.redis_servers import link_of, warn_at_start
from config.schema import migrate
from config.settings import Settings
from idp.server.allocator import with_allocator

APPLICATION: Final = "idp.wsgi:application"
JOBS: Final = (sys.executable, "-c", "from idp.commands import main; main()", "jobs")

LOOKED_AT_EVERY: Final = 1.0  # a child that ends wakes us by SIGCHLD; this is for one whose signal was lost
STOPPING_AT_MOST: Final = 40.0
LONGEST_PAUSE: Final = 30.0
STEADY_AFTER: Final = 60.0
STARTED_AFTER: Final = 10.0

logger = logging.getLogger(__name__)


def serve(
    settings: Settings,
    *,
    application: str = APPLICATION,
    jobs: Sequence[str] = JOBS,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Serve until asked to stop; the exit status.

    The children read their settings from the environment, or from `environment`: it must say the
    same as `settings`.
    """
    journal.configure(settings)
    with _signals() as signals, ExitStack() as started:  # a second Ctrl-C does not disturb the stopping
        redis = None
        if settings.has_private_redis:
            redis = EmbeddedRedis(settings)
            redis.start()
            started.callback(redis.stop)
        database = Database.open(settings)
        migrate(database)
        database.engine.dispose()
        with suppress(StoreUnavailable):  # which is in the journal, and no reason not to start
            warn_at_start(link_of(settings))
        web = _Child("web", (sys.executable, "-m", "idp.server.web", application), with_allocator(environment))
        children = (web, _Child("jobs", tuple(jobs), environment))
        for child in reversed(children):  # the jobs first: the web server is the one that others look for
            child.start()
            started.callback(child.stop)
        logger.info("Serving %s on %s port %s", settings.issuer, settings.host, settings.port)
        return _watch(redis, web, children, signals)


def _watch(redis: EmbeddedRedis | None, web: "_Child", children: Sequence["_Child"], signals: "_Signals") -> int:
    while True:
        for received in signals.received(within=LOOKED_AT_EVERY):
            match received:
                case signal.SIGTERM | signal.SIGINT:
                    logger.info("Stopping")
                    return 0
                case signal.SIGHUP:
                    logger.info("Reloading")
                    for child in children:
                        child.reload(gracefully=child is web)
        if redis is not None and redis.restart_if_dead():
            logger.error("The private Redis had ended, and is started again")
        if web.could_not_start:
            logger.error("The web server does not start")
            return 1
        for child in children:
            child.start_again_if_dead()


@dataclass(slots=True)
class _Child:
    """A process that is to run for as long as we do."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None
    _process: subprocess.Popen[bytes] | None = None
    _started_at: float = 0.0
    _starts: int = field(default=0)
    _pause: float = 0.0

    def start(self) -> None:
        self._process = start_child(self.command, environment=self.environment)
        self._started_at = time.monotonic()
        self._starts += 1

    def stop(self) -> None:
        if self._process is not None:
            stop_child(self._process, patience=STOPPING_AT_MOST)

    def reload(self, *, gracefully: bool) -> None:
        """Take up new code and settings: by replacing its own workers, or by being stopped and started."""
        if self._process is None or self._process.poll() is not None:
            return
        if gracefully:
            self._process.send_signal(signal.SIGHUP)
        else:
            self._process.terminate()
            self._started_at, self._pause = float("-inf"), 0.0

    @property
    def could_not_start(self) -> bool:
        """It ended by itself, with an error, when first started: the port is taken, or the settings are not for it."""
        if self._process is None or self._starts > 1 or not (self._process.poll() or 0) > 0:
            return False
        return time.monotonic() - self._started_at < STARTED_AFTER

    def start_again_if_dead(self) -> None:
        """At once the first time, then after a pause that doubles while it keeps on ending."""
        if self._process is None or self._process.poll() is None:
            return
        lived = time.monotonic() - self._started_at
        if lived < self._pause:
            return
        self._pause = 0.5 if lived > STEADY_AFTER else min(LONGEST_PAUSE, max(0.5, self._pause * 2))
        if lived < float("inf"):
            logger.error("%s had ended with status %s, and is started again", self.name, self._process.returncode)
        self.start()


class _Signals:
    """The signals that have come in, in order, without a thread and without a handler that does anything."""

    def __init__(self, readable: int) -> None:
        self._readable = readable

    def received(self, *, within: float) -> list[signal.Signals]:
        if not select.select([self._readable], [], [], within)[0]:
            return []
        return [signal.Signals(number) for number in os.read(self._readable, 512)]


@contextmanager
def _signals() -> Iterator[_Signals]:
    readable, writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    handled = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    before = {number: signal.signal(number, lambda *_: None) for number in handled}
    awake = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    try:
        yield _Signals(readable)
    finally:
        signal.set_wakeup_fd(awake)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(readable)
        os.close(writable)
