"""The least that a WSGI server can serve: who answers; slowly, or not before a file is there, when asked to."""

import os
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/slow":
        threading.Event().wait(0.2)
    if environ["PATH_INFO"] == "/held":
        folder = Path(environ["QUERY_STRING"])
        (folder / "begun").touch()
        while not (folder / "go on").exists():
            threading.Event().wait(0.02)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
