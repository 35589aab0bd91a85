"""The child of `idp serve` that speaks HTTP: Granian, or Gunicorn where the settings say so.

`python -m idp.server.web idp.wsgi:application`; the settings are those of the environment.
Its workers end with it, however it ends.
"""

import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server.mp import MPServer

from config import journal
from config.processes import end_with_parent
from config.settings import Settings, WebServer, load
from idp.server.leaving_worker import LeavingWorker

BACKLOG: Final = 1024
STOPPING_AT_MOST: Final = 30  # a request in hand when its worker is asked to end
BETWEEN_WORKERS: Final = 2.0  # a new worker loads the application before the old one is asked to end


def run(settings: Settings, application: str) -> None:
    """Serve `application`, a `module:name`, until asked to end. SIGHUP replaces the workers one by one."""
    match settings.web_server:
        case WebServer.GRANIAN:
            # a worker starts from nothing: after a reload it has the code and the settings of that moment
            multiprocessing.set_start_method("spawn", force=True)
            _GranianOnOneSocket(
                application,
                address=settings.host,
                port=settings.port,
                interface=Interfaces.WSGI,
                http=HTTPModes.http1,
                websockets=False,
                workers=settings.workers,
                blocking_threads=settings.threads,
                backlog=BACKLOG,
                backpressure=settings.backpressure,
                respawn_failed_workers=True,
                respawn_interval=BETWEEN_WORKERS,
                workers_kill_timeout=STOPPING_AT_MOST,
                log_dictconfig=_TO_THE_JOURNAL,
            ).serve(target_loader=partial(_application_of_a_worker, application, master=os.getpid()), wrap_loader=False)
        case WebServer.GUNICORN:
            os.execv(sys.executable, _gunicorn(settings, application))  # noqa: S606  no shell


_TO_THE_JOURNAL: Final[dict[str, Any]] = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


def _application_of_a_worker(target: str, *, master: int) -> Callable[..., Any]:
    """What a Granian worker runs first: it is to end when told to, and with the process that watches it.

    Until it has loaded the application it ends at once when told to; then it first answers what it has begun.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    end_with_parent(master)
    module, _, name = target.partition(":")
    __import__(module)
    worker = LeavingWorker(getattr(sys.modules[module], name))
    if sys.platform == "linux":
        worker.hear_signals()
    return worker


class _GranianOnOneSocket(MPServer):
    """Granian whose workers accept from one socket.

    On Linux it gives each worker a socket of its own (SO_REUSEPORT), and the connections that
    wait on a worker's socket are reset when that worker is replaced. This is what it
    does itself on other systems (granian 2.8, server/mp.py). See also leaving_worker.py.
    """

    def _init_shared_socket(self) -> None:
        self._ssp = None
        holder: Any = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd = holder
        self._sfd = holder.get_fd()
        self._sso = socket.socket(fileno=holder.get_fd())
        self._sso.set_inheritable(True)


def _gunicorn(settings: Settings, application: str) -> list[str]:
    """Gunicorn's own workers look whether their parent lives. It knows no backpressure."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "bind": f"{host}:{settings.port}",
        "workers": settings.workers,
        "threads": settings.threads,
        "worker-class": "gthread",
        "backlog": BACKLOG,
        "graceful-timeout": STOPPING_AT_MOST,
        "timeout": STOPPING_AT_MOST,
        "log-level": "warning",
    }
    words = (word for name, value in options.items() for word in (f"--{name}", str(value)))
    return [sys.executable, "-m", "gunicorn", *words, application]


def main() -> None:
    settings = load()
    journal.configure(settings)
    run(settings, sys.argv[1])


if __name__ == "__main__":
    main()
