"""The socket that connections come to: the supervisor's, inherited by web servers and workers as they come and go.

While a worker is away, connections wait at the socket.
"""

import socket
from typing import Final

BACKLOG: Final = 1024
USER_TIMEOUT: Final = 30_000  # milliseconds until a connection is given up whose client does not take its answer
SEND_BUFFER: Final = 256 * 1024  # octets; the largest answer is a third of that


class CannotListen(Exception):
    """The address or the port is not to be had; the text says which, and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at `host`:`port`, alone: SO_REUSEPORT would let a second installation share it in silence.

    The options are inherited by the connections that are accepted (Linux): an answer fits into what
    the system keeps for the client, so that no thread waits for one that does not read.

    Raises:
        CannotListen: somebody listens there already, or it is no address of this machine.
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
