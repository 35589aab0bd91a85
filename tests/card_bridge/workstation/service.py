"""A service on this computer, as the bridge meets an identity provider: it gives challenges and takes assertions."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Service:
    """Its origin, what it answers, and what it was sent."""

    origin: str
    answer: Callable[[str, str, Any], tuple[int, Any]]
    """Of method, path and members of the body: a status, and a JSON object or raw octets."""
    received: list[tuple[str, str, Any]] = field(default_factory=list)


@contextmanager
def running_service(
    answer: Callable[[str, str, Any], tuple[int, Any]], *, tls: ssl.SSLContext | None = None
) -> Iterator[Service]:
    """A service on a port of its own, by http or by TLS for `localhost`."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._respond(None)

        def do_POST(self) -> None:
            self._respond(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _respond(self, members: Any) -> None:
            service.received.append((self.command, self.path, members))
            status, given = service.answer(self.command, self.path, members)
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", str(given))
                given = b""
            body = given if isinstance(given, bytes) else json.dumps(given).encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    scheme = "http" if tls is None else "https"
    service = Service(origin=f"{scheme}://localhost:{server.server_port}", answer=answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
