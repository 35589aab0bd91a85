"""Ports that nobody else takes between the moment they are found free and the moment a server listens on them.

The system gives port 0 a number that any outgoing connection may take as well, so a port that was given and closed
may be gone when it is wanted. The ports here lie below those numbers: only a server that asks for one by its number
takes it. Each process of the tests holds a block of them by a file lock, so that runs side by side never share one.
"""

import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

_FIRST, _LAST = 20_000, 32_000  # Linux gives from 32768 on
_BLOCK = 600


@cache
def _own_block() -> range:
    """A block that no other living process holds; the lock ends with this process."""
    for first in range(_FIRST, _LAST, _BLOCK):
        path = Path(tempfile.gettempdir()) / f"poterne-tests-{os.getuid()}-ports-{first}"
        lock = path.open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        _held.append(lock)
        return range(first, first + _BLOCK)
    raise AssertionError("every block of ports is held by another run of the tests")


_held: list[object] = []  # open for as long as the process lives


def _again_and_again() -> Iterator[int]:
    block = _own_block()
    begin = os.getpid() % _BLOCK  # a server of the run before may still be ending
    while True:
        yield from chain(block[begin:], block[:begin])


_next = _again_and_again()


def free_port() -> int:
    """A port of this machine's own address that nothing listens on."""
    for port, _ in zip(_next, range(_BLOCK), strict=False):
        if is_free(port):
            return port
    raise AssertionError("every port of the block is taken")


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
