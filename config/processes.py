"""Starts child processes that end with us, and locks files."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_LIBRARY: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start_child(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    kept_open: Sequence[int] = (),
    own_group: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a program that receives SIGTERM when we end, even if we are killed.

    By default it is in a process group of its own, so that Ctrl-C at the terminal
    reaches only us, and we stop our children in order. The calling thread must live
    as long as the child: Linux sends the signal when the thread that forked ends.
    """
    parent = os.getpid()
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        env=None if environment is None else dict(environment),
        pass_fds=kept_open,
        process_group=0 if own_group else None,
        umask=0o077,
        preexec_fn=lambda: end_with_parent(parent),  # a system call only: a lock could deadlock after the fork
    )


def end_with_parent(parent: int) -> None:
    """End this process when `parent` ends, or now if it has ended already.

    On systems other than Linux, only the second is done.
    """
    if _LIBRARY is not None:
        _LIBRARY.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def stop_child(child: subprocess.Popen[bytes], *, patience: float) -> int:
    """Send SIGTERM to a child, and SIGKILL if it has not ended after `patience` seconds. Returns its exit status."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
    return child.wait()


class LockedElsewhere(Exception):
    """Another process has the lock."""


class FileLock:
    """An advisory lock on a file. The system releases it when the process that has it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, *, patience: float = 0, shared: bool = False) -> None:
        """Take the lock, waiting at most `patience` seconds for it.

        Raises:
            LockedElsewhere: another process still has it.
        """
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        until = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, operation)
            except BlockingIOError:
                if time.monotonic() >= until:
                    os.close(descriptor)
                    raise LockedElsewhere(str(self.path)) from None
                time.sleep(0.01)
            else:
                self.release()
                self._descriptor = descriptor
                return

    def give_to_child(self) -> int:
        """The open file descriptor. A child that inherits it has the lock too, until it ends.

        Raises:
            LockedElsewhere: we do not have the lock.
        """
        if self._descriptor is None:
            raise LockedElsewhere(str(self.path))
        return self._descriptor

    def release(self) -> None:
        """Release the lock. A child that inherited it still has it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def held(self, *, patience: float = 0, shared: bool = False) -> Iterator[None]:
        """`take`, then `release`."""
        self.take(patience=patience, shared=shared)
        try:
            yield
        finally:
            self.release()
