"""Calls a WSGI application with requests of Granian, each when the whole request has arrived.

Granian's WSGI interface calls the application when the head has arrived; `wsgi.input.read()` then holds the thread as
long as the client likes, so eight slow bodies hold every thread. It also maps `X-Forwarded-For` and `X_Forwarded_For`
to the same name. Therefore the worker uses RSGI, Granian's own interface, which keeps the names of fields and receives
a body without a thread. docs/decisions/granian.md gives the cost.

This relies on two behaviours of Granian 2.8, which tests/config/server/test_whole_requests.py checks:
Granian runs scheduled calls, and the callbacks of an awaited body, on one of its Python threads.
So there is no event loop and no other thread.
"""

import io
import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final

from config.server.limits import BODY_TIMEOUT, LARGEST_BODY, LONGEST_BODY, MOST_PENDING_BODIES

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

DEADLINE_CHECK_INTERVAL: Final = 0.5  # seconds
CONNECTION_CLOSE: Final = ("Connection", "close")

logger = logging.getLogger(__name__)


class WholeRequests:
    """Receives requests from Granian, which calls the object for each one."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self._pending = PendingBodies()
        self._base_environ: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_SOFTWARE": "granian",
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
            "wsgi.multiprocess": True,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.version": (1, 0),
        }
        self.is_stopping = False  # if set, every answer has "Connection: close" (RFC 9112, section 9.6)

    def __call__(self, request: Any) -> None:
        """Answer a Granian request (`scope`, `proto`), at once or when its body has arrived."""
        environ = self._base_environ | environ_of(request.scope)
        length = environ.get("CONTENT_LENGTH")
        if length is None and "HTTP_TRANSFER_ENCODING" not in environ:
            self._answer(environ, b"", request.proto)
            return
        announced = int(length) if length is not None else None
        if announced is not None and (announced == 0 or announced > LONGEST_BODY):
            self._answer(environ, b"", request.proto, closes=announced > 0)  # the octets that follow are not a request
            return
        protocol = request.proto

        def on_body(body: Body, result: bytes | int) -> None:
            self._pending.forget(body)
            if isinstance(result, int):
                protocol.response_empty(result, [CONNECTION_CLOSE])
                return
            environ["CONTENT_LENGTH"] = str(body.size)
            environ.pop("HTTP_TRANSFER_ENCODING", None)
            self._answer(environ, result, protocol)

        self._pending.wait_for(Body(protocol, announced, on_body))

    def _answer(self, environ: "WSGIEnvironment", body: bytes, protocol: Any, *, closes: bool = False) -> None:
        environ["wsgi.input"] = io.BytesIO(body)
        status, fields, content = call_application(self._application, environ)
        if self.is_stopping or closes:
            fields = [*fields, CONNECTION_CLOSE]
        protocol.response_bytes(status, fields, content)


def environ_of(scope: Any) -> "WSGIEnvironment":
    """The environ of a request (PEP 3333), without its body.

    A field whose name has an underscore is dropped, as nginx and Gunicorn do: it could be taken for the
    field with a hyphen. A repeated field becomes one list (RFC 9110, section 5.3), cookies one string.
    """
    client, _, client_port = scope.client.rpartition(":")
    server, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path if scope.path.isascii() else scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": client.strip("[]"),
        "REMOTE_PORT": client_port,
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.url_scheme": scope.scheme,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = _keys.get(name) or "HTTP_" + name.replace("-", "_").upper()
        if key in environ:
            if key == "CONTENT_LENGTH":  # the same value again: Granian refuses two that differ
                continue
            value = f"{environ[key]}{';' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    if "HTTP_HOST" not in environ and scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ


_keys: Final = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def call_application(
    application: "WSGIApplication", environ: "WSGIEnvironment"
) -> tuple[int, list[tuple[str, str]], bytes]:
    """Call the application; return status, fields and content. An exception is logged and gives a 500."""
    started: list[Any] = [500, []]
    written: list[bytes] = []

    def start_response(status: str, fields: list[tuple[str, str]], _: Any = None, /) -> Callable[[bytes], object]:
        started[:] = int(status[:3]), fields
        return written.append

    try:
        answer: Iterable[bytes] = application(environ, start_response)
        if type(answer) is list:  # it has no `close`: config/web/responses.py
            return started[0], started[1], b"".join(answer)
        try:
            written.extend(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
    except Exception:  # the edge of the server: this request must be answered, and the next one served
        logger.exception("The application raised an exception")
        return 500, [], b""
    return started[0], started[1], b"".join(written)


OnDone = Callable[["Body", bytes | int], None]


class Body:
    """A body that is arriving, read chunk by chunk.

    `on_done` is called once, with the octets kept of the body (at most LARGEST_BODY) or with the HTTP status of a
    refusal. `size` is the whole length in octets.
    """

    def __init__(self, protocol: Any, announced: int | None, on_done: "OnDone") -> None:
        self._chunks = protocol.__aiter__()
        self._length = announced
        self._on_done = on_done
        self._parts: list[bytes] = []
        self._longest = LARGEST_BODY if announced is None else LONGEST_BODY
        self.size = 0
        self._next: Any = None
        self._at_end = False
        self.deadline = time.monotonic() + BODY_TIMEOUT

    def read_next(self) -> None:
        try:
            self._next = self._chunks.__anext__()
        except StopAsyncIteration:  # the empty chunk before was the end
            self._end(b"".join(self._parts))
            return
        if self._at_end:  # it was not the end: the client has gone, or sends trailer fields
            self._end(400)
            return
        self._next.add_done_callback(self._on_chunk)

    def give_up(self) -> None:
        """Refuse the body, unless it has just arrived."""
        if (awaited := self._next) is not None:
            awaited.cancel()

    def _on_chunk(self, future: Any) -> None:
        if future.cancelled():
            self._end(408)
            return
        chunk: bytes = future.result()
        if self.size < LARGEST_BODY:
            self._parts.append(chunk[: LARGEST_BODY - self.size])
        self.size += len(chunk)
        if self.size > self._longest:
            self._end(413)
        elif self._length is not None and self.size == self._length:
            self._end(b"".join(self._parts))
        elif chunk:
            self.read_next()
        elif self._length is not None:
            self._end(400)  # cut short
        else:
            self._at_end = True
            self.read_next()

    def _end(self, result: bytes | int) -> None:
        on_done, self._on_done = self._on_done, _nothing
        self._chunks = self._next = None  # Granian closes a connection when no reference to its body remains
        on_done(self, result)


def _nothing(_body: Body, _result: bytes | int) -> None:
    """The callback of a body that has already ended."""


class PendingBodies:
    """The bodies that are arriving. If there are too many, a new one ends the oldest."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[int, Body] = OrderedDict()  # oldest first
        self._lock = Lock()
        self._not_empty = Event()
        Thread(target=self._watch, name="body-deadlines", daemon=True).start()

    def wait_for(self, body: Body) -> None:
        with self._lock:
            slowest = next(iter(self._bodies.values())) if len(self._bodies) >= MOST_PENDING_BODIES else None
            self._bodies[id(body)] = body
        self._not_empty.set()
        body.read_next()
        if slowest is not None:
            slowest.give_up()

    def forget(self, body: Body) -> None:
        with self._lock:
            self._bodies.pop(id(body), None)

    def _watch(self) -> None:
        while True:
            self._not_empty.wait()
            now = time.monotonic()
            with self._lock:
                late = [body for body in self._bodies.values() if body.deadline <= now]
                if not self._bodies:
                    self._not_empty.clear()
            for body in late:
                body.give_up()
            time.sleep(DEADLINE_CHECK_INTERVAL)
