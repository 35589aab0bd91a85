"""The listening socket. The supervisor opens it; web servers and workers inherit it.

Connections wait in its backlog while no worker runs.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

BACKLOG: Final = 1024
USER_TIMEOUT: Final = 30_000  # milliseconds until a connection is closed whose client does not acknowledge its answer
SEND_BUFFER: Final = 256 * 1024  # octets; the largest answer has a third of that
MOST_UNREAD: Final = SEND_BUFFER // 2  # octets of answers that a client may not have read when it asks again


class CannotListen(Exception):
    """The address or the port cannot be used. The text names it and says what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on `host`:`port`.

    SO_REUSEPORT is not set: a second installation could then share the port unnoticed. Accepted connections inherit the
    options (Linux). A whole answer fits into the send buffer, so that no thread waits for a client that does not read.

    Raises:
        CannotListen: another process listens there, or the address does not belong to this machine.
    """
    shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listening = socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as wrong:
        raise CannotListen(
            f"Cannot listen on {shown}: {wrong.strerror}. Is Poterne running already, or another program "
            "(`ss -ltnp` shows it)? Stop it, or change the settings `host` and `port`."
        ) from wrong
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)
    return listening


def listen_on_unix_socket(path: Path) -> socket.socket:
    """Open a Unix socket at `path`, for its owner and its group. A socket that no process serves is replaced.

    Raises:
        CannotListen: another process listens there, it is something else than a socket, or the folder is missing.
    """
    listening = socket.socket(socket.AF_UNIX)
    try:
        if path.is_socket() and not _is_served(path):
            path.unlink()
        before = os.umask(0o117)
        try:
            listening.bind(str(path))
        finally:
            os.umask(before)
        listening.listen(BACKLOG)
    except OSError as wrong:
        listening.close()
        raise CannotListen(
            f"Cannot listen on {path}: {wrong.strerror or wrong}. Is another process running?"
        ) from wrong
    return listening


def _is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as caller, suppress(OSError):
        caller.connect(str(path))
        return True
    return False
