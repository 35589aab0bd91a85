"""Serving the sample: threads of one process, which ends when whoever started it does."""

import os
import select
import signal
from collections.abc import Callable
from threading import Thread

from flask import Flask
from werkzeug.serving import make_server


def serve(app: Flask, *, host: str, port: int, listening: Callable[[], None]) -> None:
    """Answer at `host`:`port` until told to stop (SIGTERM, Ctrl-C); call `listening` as soon as one can connect."""
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
    """Be told to stop when the parent ends. Linux only; elsewhere nothing happens.

    The parent's pidfd and not PR_SET_PDEATHSIG, which speaks of the thread that started us.
    """
    parent = os.getppid()
    if not hasattr(os, "pidfd_open") or parent == 0:  # 0: it lives in another container
        return
    try:
        watched = os.pidfd_open(parent)
    except OSError:  # it is gone already, or this kernel cannot tell
        return
    Thread(target=_wait_for_end, args=(watched,), name="end-with-parent", daemon=True).start()


def _wait_for_end(watched: int) -> None:
    select.select([watched], [], [])
    os.kill(os.getpid(), signal.SIGTERM)
