"""Signals as a process that only supervises others takes them: read one after another, in its one thread."""

import os
import select
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

HANDLED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Signals:
    """The signals that have come in, in order, without a thread and without a handler that does anything."""

    def __init__(self, readable: int) -> None:
        self._readable = readable

    def received(self, *, within: float, or_readable: Sequence[int] = ()) -> list[signal.Signals]:
        """Those that came within so many seconds; none as well when one of the descriptors became readable."""
        readable = select.select([self._readable, *or_readable], [], [], within)[0]
        if self._readable not in readable:
            return []
        return [signal.Signals(number) for number in os.read(self._readable, 512)]


@contextmanager
def signals() -> Iterator[Signals]:
    """Have the signals that a supervisor acts on put aside, to be read, until the block ends."""
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
    """In a child that was forked inside the block: signals do again what they do by default."""
    signal.set_wakeup_fd(-1)
    for number in HANDLED:
        signal.signal(number, signal.SIG_DFL)
