"""Puts a virtual card in the reader that vsmartcard's driver `vpcd` adds to the system's smart card service (pcscd).

The card connects to the driver by TCP. Each message is a length of two octets and its content; a content of one octet
is a control, and any other a command. The end of the connection is the removal of the card.

vpcd listens on every address of the machine, and any program that reaches its port can be the card. Run pcscd with it
in a network namespace.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Final, Protocol

from card_bridge.workstation.virtual.card import VirtualCard

FIRST_PORT: Final = 35963
"""Of the first slot; the second has the next."""

_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = 0, 1, 2, 4


class AnsweringCard(Protocol):
    """What vpcd asks of a card."""

    @property
    def atr(self) -> bytes: ...

    def transmit(self, octets: bytes) -> bytes: ...

    def reset(self) -> None: ...


class VpcdReader:
    """One slot of vpcd.

    Args:
        connect: opens a connection to the slot's port. It raises OSError when nothing listens there.
    """

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._connection: socket.socket | None = None
        self._thread: Thread | None = None

    def insert(self, card: VirtualCard) -> None:
        """Put a card in, in the place of the card that is there.

        Raises:
            OSError: vpcd does not listen.
        """
        self.pull()
        self._connection = self._connect()
        self._thread = Thread(target=serve, args=(card, self._connection), name="virtual card", daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Take the card out, if there is one."""
        if self._connection is None or self._thread is None:
            return
        with suppress(OSError):  # vpcd may have ended the connection
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._connection.close()
        self._connection = self._thread = None


def connect_to(port: int = FIRST_PORT) -> socket.socket:
    """A connection to vpcd on this machine."""
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def serve(card: AnsweringCard, connection: socket.socket) -> None:
    """Answer vpcd until the connection ends."""
    connection.settimeout(None)
    with suppress(OSError):
        while (message := _message(connection)) is not None:
            if len(message) != 1:
                _send(connection, card.transmit(message))
            elif message[0] == _GET_ATR:
                _send(connection, card.atr)
            elif message[0] in (_POWER_OFF, _POWER_ON, _RESET):
                card.reset()


def _message(connection: socket.socket) -> bytes | None:
    """The next message; None when the connection has ended."""
    length = _octets(connection, 2)
    return None if length is None else _octets(connection, int.from_bytes(length, "big"))


def _octets(connection: socket.socket, count: int) -> bytes | None:
    received = b""
    while len(received) < count:
        # vpcd sends a length and its content apart: without this the second waits for a delayed acknowledgement.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(count - len(received))
        if not part:
            return None
        received += part
    return received


def _send(connection: socket.socket, content: bytes) -> None:
    connection.sendall(len(content).to_bytes(2, "big") + content)
