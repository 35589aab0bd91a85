"""A Granian worker. Granian reads and writes HTTP outside Python, on one socket that all workers share.

A worker that is replaced accepts no new connection, answers the requests that it has, and ends. Granian 2.8 stops a
worker by closing every connection on which it has not begun to read a request. Under load, that loses a few requests at
each reload: the client has connected and gets no answer. So the worker first stops accepting while the other workers go
on; one second later it has read everything, and Granian may stop it. Without this step
tests/config/server/test_supervisor.py loses requests; when it no longer does, remove the step.

Granian's own supervisor is not used. It gives each worker its own socket, so connections that wait on that socket are
reset when the worker ends. It also stops, with its sockets, when a worker dies twice in five seconds.
"""

import os
import signal
import socket
from collections.abc import Callable
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, Final

from granian._granian import CallbackScheduler, RSGIWorker, SocketHolder, WorkerSignal
from granian.http import HTTP1Settings

from config.server.limits import HEAD_TIMEOUT, LARGEST_HEAD
from config.server.listening import BACKLOG
from config.server.whole_requests import WholeRequests

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

STOP_DELAY: Final = 1.0  # seconds in which a worker reads the connections that it has accepted
_IDLE_THREAD: Final = 30  # seconds after which an idle thread ends


def run(
    application: "WSGIApplication",
    listening: socket.socket,
    *,
    threads: int,
    connections: int,
    ready: Callable[[], None],
) -> None:
    """Serve with `threads` threads and at most `connections` open connections, until SIGTERM or SIGINT.

    `ready` is called when the worker answers requests.
    """
    requests = WholeRequests(application)
    no_loop = _NoLoop()
    scheduler = CallbackScheduler(no_loop, None, None, None, None)
    scheduler._schedule_fn = requests
    end, ended, is_unix = WorkerSignal(), Event(), listening.family == socket.AF_UNIX
    end.add_cb(ended.set)
    kept_open: list[socket.socket] = []

    def stop(*_: object) -> None:
        if not requests.is_stopping:
            requests.is_stopping = True
            kept_open.append(_stop_accepting())
            Timer(STOP_DELAY, end.set).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker = RSGIWorker(
        1,
        (None, SocketHolder(listening.fileno(), uds=is_unix, backlog=BACKLOG)),
        None,
        threads=1,
        blocking_threads=1,
        py_threads=threads,
        py_threads_idle_timeout=_IDLE_THREAD,
        backpressure=connections,
        http_mode="1",
        http1_opts=HTTP1Settings(header_read_timeout=int(HEAD_TIMEOUT * 1000), max_buffer_size=LARGEST_HEAD),
        websockets_enabled=False,
    )
    serve = worker.serve_str_uds if is_unix else worker.serve_str
    serve(scheduler, no_loop, end)
    ready()
    ended.wait()


class _NoLoop:
    """An event loop for Granian that calls each callback at once, on the calling thread."""

    def call_soon(self, callback: Callable[[Any], None], result: Any, *, context: Any = None) -> None:  # noqa: ARG002
        callback(result)

    call_soon_threadsafe = call_soon


def _stop_accepting() -> socket.socket:
    """Replace the listening sockets of this process by one that no client knows. Other workers keep theirs."""
    placeholder = socket.socket(socket.AF_UNIX)
    placeholder.settimeout(0)
    placeholder.bind("")  # an abstract address that the system chooses
    placeholder.listen(1)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  numbers, not paths
        if int(name) != placeholder.fileno() and _is_listening(int(name)):
            os.dup2(placeholder.fileno(), int(name), inheritable=False)
    return placeholder


def _is_listening(descriptor: int) -> bool:
    try:
        found = socket.socket(fileno=descriptor)
    except OSError:
        return False
    try:
        return bool(found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:
        return False
    finally:
        found.detach()
