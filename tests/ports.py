"""Ports that nobody else takes between the moment they are found free and the moment a server listens on them.

A port that the system gives (0) is among those it gives to whoever connects
somewhere, and may be gone again when it is wanted. Those here are below: only
a server that asks for one by its number takes it. Runs side by side begin at
different places, and none gives the same port twice.
"""

import os
import socket
from collections.abc import Iterator
from itertools import chain

_FIRST, _LAST = 20_000, 32_000  # Linux gives from 32768 on


def _one_after_the_other() -> Iterator[int]:
    begin = _FIRST + os.getpid() * 37 % (_LAST - _FIRST)
    return chain(range(begin, _LAST), range(_FIRST, begin))


_next = _one_after_the_other()


def free_port() -> int:
    """A port of this machine's own address that nothing listens on."""
    for port in _next:
        if is_free(port):
            return port
    raise AssertionError("every port is taken")


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
