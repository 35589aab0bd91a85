"""Signals of a supervising process, read one after another by its only thread."""

import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

HANDLED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Signals:
    """The signals received, in order. Their handlers do nothing; the process reads them from a pipe."""

    def __init__(self, readable: int) -> None:
        self._readable = readable

    def received(self, *, within: float, or_readable: Sequence[int] = ()) -> list[signal.Signals]:
        """Wait at most `within` seconds for signals; return early if a descriptor of `or_readable` is readable."""
        readable = select.select([self._readable, *or_readable], [], [], within)[0]
        if self._readable not in readable:
            return []
        return [signal.Signals(number) for number in os.read(self._readable, 512)]


@contextmanager
def signals() -> Iterator[Signals]:
    """Collect the signals that a supervisor handles, until the block ends."""
    readable, writable = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = {number: signal.signal(number, lambda *_: None) for number in HANDLED}
    awake = signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    try:
        yield Signals(readable)
    finally:
        signal.set_wakeup_fd(awake)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(readable)
        os.close(writable)


def forget_signals() -> None:
    """Restore the default signal handlers in a child forked inside the block."""
    signal.set_wakeup_fd(-1)
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
