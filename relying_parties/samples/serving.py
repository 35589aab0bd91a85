"""Serves a sample application in one process, which ends with its parent process."""

import os
import select
import signal
from collections.abc import Callable
from threading import Thread

from flask import Flask
from werkzeug.serving import make_server


def serve(app: Flask, *, host: str, port: int, listening: Callable[[], None]) -> None:
    """Serve at `host`:`port` until SIGTERM or Ctrl-C; call `listening` once connections are accepted."""
    server = make_server(host, port, app, threaded=True)
    signal.signal(signal.SIGTERM, lambda *_: _stop())
    listening()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def _stop() -> None:
    raise KeyboardInterrupt


def end_with_parent() -> None:
    """Send ourselves SIGTERM when the parent process ends. Linux only; elsewhere this does nothing.

    It waits on the parent's pidfd, because PR_SET_PDEATHSIG reports the end of the parent's thread.
    """
    parent = os.getppid()
    if not hasattr(os, "pidfd_open") or parent == 0:  # 0: the parent is in another container
        return
    try:
        watched = os.pidfd_open(parent)
    except OSError:  # the parent has ended, or the kernel is too old
        return
    Thread(target=_wait_for_end, args=(watched,), name="end-with-parent", daemon=True).start()


def _wait_for_end(watched: int) -> None:
    select.select([watched], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
