"""The listening socket. The supervisor opens it; web servers and workers inherit it.

Connections wait in its backlog while no worker runs.
"""

import socket
from typing import Final

BACKLOG: Final = 1024
USER_TIMEOUT: Final = 30_000  # milliseconds until a connection is closed whose client does not acknowledge its answer
SEND_BUFFER: Final = 256 * 1024  # octets; the largest answer has a third of that


class CannotListen(Exception):
    """The address or the port cannot be used. The text names it and says what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Open a socket that listens on `host`:`port`.

    SO_REUSEPORT is not set: a second installation could then share the port unnoticed. Accepted
    connections inherit the options (Linux). A whole answer fits into the send buffer, so that no
    thread waits for a client that does not read.

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
