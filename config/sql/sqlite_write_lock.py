"""Queues the writers of one SQLite file.

SQLite has one writer at a time, and lets the others sleep for increasing times: two
workers would wait a hundred milliseconds for a commit that takes one. Here they wait
for a lock file and retry within two milliseconds. SQLite's own lock still decides.
"""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType

FIRST_PAUSE = 0.0002  # seconds
LONGEST_PAUSE = 0.002


class QueueTooLong(Exception):
    """The present writer did not finish in time."""


class WritersQueue:
    """A context manager: one writer of `file` at a time, among the threads and processes of this machine."""

    def __init__(self, file: Path, *, patience: float) -> None:
        self._file = file.with_name(f"{file.name}-writers")
        self._patience = patience
        self._threads = Lock()
        self._descriptor = -1
        self._process = 0

    def __enter__(self) -> None:
        if not self._threads.acquire(timeout=self._patience):
            raise QueueTooLong
        try:
            self._take_from_other_processes()
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        if self._process == os.getpid():
            os.close(self._descriptor)
        self._process = 0

    def _take_from_other_processes(self) -> None:
        if self._process != os.getpid():  # a forked child would share the lock of an inherited descriptor
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._process = os.getpid()
        pause, until = FIRST_PAUSE, 0.0
        while True:
            with suppress(BlockingIOError):
                return fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            now = time.monotonic()
            until = until or now + self._patience
            if now > until:
                raise QueueTooLong
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
