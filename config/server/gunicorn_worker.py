"""Gunicorn, with a worker class that passes a request to a thread only when the whole request has arrived.

Gunicorn's threaded worker passes a connection to a thread at the first octet, and the thread then waits for the rest
without a time limit. Here the worker's loop reads the octets, Gunicorn's incremental parser says when the request is
complete, and head and body each have a deadline. Our limits replace Gunicorn's (4,094 octets a line, 8,190 a field).
"""

import fcntl
import io
import logging
import selectors
import socket
import struct
import termios
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from gunicorn.app.base import BaseApplication
from gunicorn.asgi.parser import LimitRequestHeaders, LimitRequestLine, ParseError, PythonProtocol
from gunicorn.workers.gthread import TConn, ThreadWorker

from config.common_settings import CommonSettings
from config.server.limits import (
    BODY_TIMEOUT,
    HEAD_TIMEOUT,
    LARGEST_BODY,
    LARGEST_HEAD,
    LONGEST_BODY,
    MOST_FIELDS,
    MOST_PENDING_BODIES,
)
from config.server.listening import MOST_UNREAD

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

STOPPING_AT_MOST: Final = 30
_INT: Final = struct.Struct("i")
_REASONS: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    413: "Content Too Large",
    414: "URI Too Long",
    431: "Request Header Fields Too Large",
}


def run(
    settings: CommonSettings,
    load: Callable[[], "WSGIApplication"],
    listening: socket.socket,
    notify_ready: Callable[[], None],
) -> int:
    """Serve the application that `load` makes, once in each worker, until SIGTERM or SIGINT; return the exit status."""
    listening.set_inheritable(True)
    options = {
        "bind": f"fd://{listening.fileno()}",
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": WholeRequestWorker,
        "worker_connections": max(settings.backpressure, settings.threads + 1),
        "graceful_timeout": STOPPING_AT_MOST,
        "timeout": STOPPING_AT_MOST,
        "limit_request_line": 0,  # IncomingRequest bounds the whole head
        "limit_request_field_size": LARGEST_HEAD,
        "limit_request_fields": MOST_FIELDS,
        "header_map": "drop",
        "forwarder_headers": "",
        "forwarded_allow_ips": "",  # config/web/proxies.py decides which proxies are trusted
        "loglevel": "warning",
        "post_worker_init": lambda _worker: notify_ready(),
        "control_socket_disable": True,
    }
    try:
        _Application(options, load).run()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


class _Application(BaseApplication):  # type: ignore[misc]  # Gunicorn has no types
    def __init__(self, options: dict[str, Any], load: Callable[[], "WSGIApplication"]) -> None:
        self._options = options
        self._load = load
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> "WSGIApplication":
        application = self._load()

        def with_length(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            """Give a chunked body, which has arrived whole, a Content-Length."""
            if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None:
                body = environ["wsgi.input"].read()
                environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
            return application(environ, start_response)

        return with_length


_CLOSE = b"Connection: close\r\n"


class IncomingRequest:
    """A request that is arriving: the octets so far, and the deadline for the rest."""

    def __init__(self, connection: TConn) -> None:
        self.connection = connection
        self.received = bytearray()
        self.deadline = time.monotonic() + HEAD_TIMEOUT
        self.head_is_whole = False
        self._head = 0  # octets
        self._body = 0
        self._parser = PythonProtocol(
            on_headers_complete=self._on_head,
            on_body=self._on_body,
            limit_request_line=LARGEST_HEAD,
            limit_request_fields=MOST_FIELDS,
            limit_request_field_size=LARGEST_HEAD,
        )

    def add(self, octets: bytes) -> int | None:
        """Add octets that arrived. Returns an HTTP status if the request must be refused.

        The rest of a body whose Content-Length exceeds LONGEST_BODY is not awaited: the application
        refuses it by that header. A shorter body is received to its end, and its first LARGEST_BODY octets are kept.
        """
        self.received += octets
        in_head = not self.head_is_whole
        try:
            self._parser.feed(octets)
        except LimitRequestLine:
            return 414
        except LimitRequestHeaders:
            return 431
        except ParseError:
            return 400
        if in_head and self.received.find(b"\r\n\r\n", 0, LARGEST_HEAD) < 0 and len(self.received) > LARGEST_HEAD:
            return 431
        if self._body > LARGEST_BODY and self._parser.is_chunked:
            return 413
        if self._announced > LARGEST_BODY:
            self._truncate_body()
        return None

    def _truncate_body(self) -> None:
        """Keep only the start of the body, and close the connection after this request."""
        if not self._head:
            self._head = self.received.index(b"\r\n\r\n") + 4 + len(_CLOSE)
            after_request_line = self.received.index(b"\r\n") + 2
            self.received[after_request_line:after_request_line] = _CLOSE
        del self.received[self._head + LARGEST_BODY :]

    @property
    def is_whole(self) -> bool:
        return bool(self._parser.is_complete) or self._announces_too_much

    @property
    def _announces_too_much(self) -> bool:
        return self._announced > LONGEST_BODY

    @property
    def _announced(self) -> int:
        return (self._parser.content_length or 0) if self.head_is_whole else 0

    def _on_head(self) -> None:
        self.head_is_whole = True
        self.deadline = time.monotonic() + BODY_TIMEOUT
        expected = [value for name, value in self._parser.headers if name.lower() == b"expect"]
        if b"100-continue" in expected and not self._announces_too_much:  # RFC 9110, section 10.1.1
            _send(self.connection, b"HTTP/1.1 100 Continue\r\n\r\n")

    def _on_body(self, octets: bytes) -> None:
        self._body += len(octets)


class WholeRequestWorker(ThreadWorker):  # type: ignore[misc]  # Gunicorn has no types
    """A threaded worker whose loop receives whole requests."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._incoming: dict[TConn, IncomingRequest] = {}  # oldest first

    def enqueue_req(self, conn: TConn) -> None:
        """Receive a request on this connection, new or kept alive. Octets after the previous request count."""
        incoming = self._incoming[conn] = IncomingRequest(conn)
        conn.init()
        conn.sock.settimeout(0)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._read, incoming))
        unread = conn.parser.unreader.take_buffered()
        if unread:
            self._feed(incoming, unread)
        if len(self._incoming) > MOST_PENDING_BODIES + self.worker_connections // 2:
            self._refuse(next(iter(self._incoming.values())), 408)

    def _read(self, incoming: IncomingRequest, sock: socket.socket) -> None:
        try:
            octets = sock.recv(LARGEST_BODY)
        except BlockingIOError:
            return
        except OSError:
            octets = b""
        if octets:
            self._feed(incoming, octets)
        else:
            self._close(incoming)

    def _feed(self, incoming: IncomingRequest, octets: bytes) -> None:
        refused = incoming.add(octets)
        if refused is not None:
            self._refuse(incoming, refused)
        elif incoming.is_whole and _unread_answers(incoming.connection) > MOST_UNREAD:
            self._close(incoming)
        elif incoming.is_whole:
            self._leave_loop(incoming)
            incoming.connection.data_ready = True
            unreader = incoming.connection.parser.unreader
            unreader.chunk = _read_nothing  # the thread never reads from the connection
            unreader.unread(bytes(incoming.received))
            super().enqueue_req(incoming.connection)

    def murder_pending(self) -> None:
        """Called by the loop once a second: end the requests that are past their deadline."""
        super().murder_pending()
        now = time.monotonic()
        for incoming in [one for one in self._incoming.values() if one.deadline <= now]:
            if incoming.received:
                self._refuse(incoming, 408)
            else:
                self._close(incoming)

    def _refuse(self, incoming: IncomingRequest, status: int) -> None:
        _send(
            incoming.connection,
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode(),
        )
        self._close(incoming)

    def _close(self, incoming: IncomingRequest) -> None:
        self._leave_loop(incoming)
        self.nr_conns -= 1
        incoming.connection.close()

    def _leave_loop(self, incoming: IncomingRequest) -> None:
        del self._incoming[incoming.connection]
        self.poller.unregister(incoming.connection.sock)


def _unread_answers(connection: TConn) -> int:
    """How many octets of answers the client has not received (tcp(7), SIOCOUTQ).

    A client may send the next requests without reading the answers. A thread would wait once the send buffer is full.
    """
    count = fcntl.ioctl(connection.sock, termios.TIOCOUTQ, bytes(_INT.size))
    unread: int = _INT.unpack(count)[0]
    return unread


def _read_nothing(_wanted: int | None = None) -> bytes:
    return b""


def _send(connection: TConn, octets: bytes) -> None:
    try:
        connection.sock.send(octets)
    except OSError:  # the client has gone, or its receive buffer is full
        logging.getLogger(__name__).debug("a client did not receive the response")
