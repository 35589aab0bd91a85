"""A browser reduced to its line: HTTP/1.1 over one kept connection, so that driving costs little next to serving."""

import socket
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

KEPT_FOR = 100  # requests; then a new connection, which another worker may take
WITHIN = 60.0

_BROWSER = (
    "Host: localhost\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: fr,fr-FR;q=0.8,en-US;q=0.5,en;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Site: same-origin\r\n"
)
_SERVER = "Host: localhost\r\nUser-Agent: application-server/1\r\nAccept: application/json\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    head: str
    body: bytes

    @property
    def location(self) -> str:
        return self.header("location")

    def header(self, name: str) -> str:
        for line in self.head.split("\r\n"):
            if line[: len(name)].lower() == name and line[len(name)] == ":":
                return line[len(name) + 1 :].strip()
        raise AssertionError(f"no {name} in\n{self.head}\n{self.body[:300]!r}")

    def parameter(self, name: str) -> str:
        """One of the parameters of the address that this answer leads to."""
        return parse_qs(urlsplit(self.location).query)[name][0]

    def expect(self, status: int) -> "Answer":
        assert self.status == status, f"{self.status} instead of {status}:\n{self.head}\n{self.body[:500]!r}"
        return self


class Line:
    """One connection at a time to `port` of this machine."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._asked = 0

    def get(self, path: str, *headers: str) -> Answer:
        return self._ask("GET", path, _BROWSER, headers, b"")

    def post(self, path: str, form: str, *headers: str) -> Answer:
        return self._ask("POST", path, _BROWSER, (*headers, _FORM), form.encode())

    def get_as_server(self, path: str, *headers: str) -> Answer:
        return self._ask("GET", path, _SERVER, headers, b"")

    def post_as_server(self, path: str, form: str, *headers: str) -> Answer:
        return self._ask("POST", path, _SERVER, (*headers, _FORM), form.encode())

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _ask(self, method: str, path: str, common: str, headers: tuple[str, ...], body: bytes) -> Answer:
        if self._socket is None or self._asked >= KEPT_FOR:
            self.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=WITHIN)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._asked = 0
        self._asked += 1
        own = "".join(f"{header}\r\n" for header in headers)
        length = f"Content-Length: {len(body)}\r\n" if method == "POST" else ""
        self._socket.sendall(f"{method} {path} HTTP/1.1\r\n{common}{own}{length}\r\n".encode() + body)
        return _read(self._socket)


_FORM = "Content-Type: application/x-www-form-urlencoded"


def _read(connection: socket.socket) -> Answer:
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(connection)
    head = received[:end].decode("latin-1")
    answer = Answer(int(head[9:12]), head, b"")
    if "transfer-encoding: chunked" in head.lower():
        return Answer(answer.status, head, _chunks(connection, received[end + 4 :]))
    length = int(answer.header("content-length"))
    while len(received) < end + 4 + length:
        received += _more(connection)
    return Answer(answer.status, head, bytes(received[end + 4 :]))


def _chunks(connection: socket.socket, received: bytearray) -> bytes:
    """RFC 9112 section 7.1, without trailers."""
    body = bytearray()
    while True:
        while (end := received.find(b"\r\n")) < 0:
            received += _more(connection)
        size = int(received[:end], 16)
        while len(received) < end + 2 + size + 2:
            received += _more(connection)
        body += received[end + 2 : end + 2 + size]
        del received[: end + 2 + size + 2]
        if size == 0:
            return bytes(body)


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    assert piece, "the server closed the connection"
    return piece
