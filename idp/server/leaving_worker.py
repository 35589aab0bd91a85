"""How a Granian worker leaves when it is replaced: it takes no new connection, answers what it has, and then ends.

Granian 2.8 ends a worker by closing, at once, each connection on which it has not begun
to read a request. Under load a few requests a reload are lost that way: their client
had connected, and gets no answer. So the worker first stops accepting, while the others
go on (all share one socket); a moment later nothing is left unread, and Granian may end it.
A connection that is kept alive meanwhile is closed by our answer, which says so (RFC 9112, 9.6).

tests/idp/server/test_supervisor.py loses requests when this is left out; when it no longer does, this can go.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from granian import _signals
from granian._granian import WorkerSignal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READS_WHAT_IT_ACCEPTED_WITHIN: Final = 1.0


class LeavingWorker:
    """WSGI layer of a worker that can be told to leave."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application
        self._is_leaving = False
        self._not_accepting: socket.socket | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if not self._is_leaving:
            return self._application(environ, start_response)

        def closing(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            return start_response(status, [*headers, ("Connection", "close")], exc_info)

        return self._application(environ, closing)

    def hear_signals(self) -> None:
        """Have SIGTERM and SIGINT begin the leaving, instead of ending the worker at once."""
        _signals.set_sync_signals = self._signals

    def _signals(self) -> WorkerSignal:
        end = WorkerSignal()

        def leave(*_: object) -> None:
            if not self._is_leaving:
                self._is_leaving = True
                self._not_accepting = _stop_accepting()
                threading.Timer(READS_WHAT_IT_ACCEPTED_WITHIN, end.set).start()

        set_signals: Callable[[Callable[..., None]], None] = _signals.set_main_signals
        set_signals(leave)
        return end


def _stop_accepting() -> socket.socket:
    """Put a socket to which nobody connects in place of those that listen; the other workers' are untouched."""
    nobody = socket.socket(socket.AF_UNIX)
    nobody.settimeout(0)
    nobody.bind("")  # an abstract address that the system chooses
    nobody.listen(1)
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  numbers, not paths
        if int(name) != nobody.fileno() and _listens(int(name)):
            os.dup2(nobody.fileno(), int(name), inheritable=False)
    return nobody


def _listens(descriptor: int) -> bool:
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
