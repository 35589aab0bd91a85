"""An application's own server, on a loopback socket: it keeps what it is sent, and answers as it is told to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What is answered."""

    status: int = 200
    content_type: str = "text/plain"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Server:
    """Where it is, what came, and what it says to what comes."""

    address: str
    received: list[Received] = field(default_factory=list)
    says: Callable[[Received], Said] = lambda _: Said()


@contextmanager
def a_server(port: int = 0) -> Iterator[Server]:
    """A server on this port, or on a free one, for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            came = Received(self.command, self.path, dict(self.headers), body)
            server.received.append(came)
            said = server.says(came)
            self.send_response(said.status)
            for name, value in {"Content-Type": said.content_type, **said.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        do_GET = do_PUT = do_POST  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as listening:
        listening.daemon_threads = True
        server = Server(f"http://127.0.0.1:{listening.server_port}")
        running = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        try:
            yield server
        finally:
            listening.shutdown()
            running.join()
