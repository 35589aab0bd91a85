"""`config.server.web` with one application, as a client sees it through sockets: what it answers to octets."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from config.server.service import ServiceProcesses
from idp.settings import Settings
from tests.ports import free_port
from tests.processes import until_ready

ECHO = "tests.config.server.echo_application:application"
PATIENCE = 30.0
GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Server:
    """A web server that runs."""

    port: int
    process: psutil.Process

    def connects(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def begins(self, octets: bytes) -> socket.socket:
        """A connection on which so much has been sent."""
        connection = self.connects()
        connection.sendall(octets)
        return connection

    def answers(self, octets: bytes) -> "Answer":
        with self.begins(octets) as connection:
            return answer_on(connection)

    def gets(self, path: str = "/", *fields: str) -> "Answer":
        return self.answers(a_get(path, *fields))

    def workers(self) -> list[psutil.Process]:
        return [child for child in self.process.children() if child.status() != psutil.STATUS_ZOMBIE]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: nothing at all has the status 0."""

    status: int
    head: str
    body: bytes

    @property
    def environ(self) -> dict[str, Any]:
        """What the echo application was called with."""
        environ: dict[str, Any] = json.loads(self.body)
        return environ


def a_get(path: str = "/", *fields: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: id.exemple.test", *fields, "", ""]).encode("latin-1")


def a_post(body: bytes, *, length: int | None = None) -> bytes:
    head = (
        f"POST / HTTP/1.1\r\nHost: id.exemple.test\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body


def answer_on(connection: socket.socket) -> Answer:
    """The next answer that comes on a connection, and not an octet more; the connection may be closed before it."""
    head = b""
    try:
        while b"\r\n\r\n" not in (head := head.removeprefix(GO_ON)):
            if not (octet := connection.recv(1)):
                return Answer(0, "", b"")
            head += octet
        lines = head.decode("latin-1").lower().split("\r\n")
        length = int(dict(line.split(": ", 1) for line in lines[1:-2]).get("content-length", 0))
        body = b""
        while len(body) < length and (octets := connection.recv(length - len(body))):
            body += octets
    except ConnectionError:
        return Answer(0, "", b"")
    return Answer(int(lines[0].split()[1]), head.decode("latin-1"), body)


def is_closed_within(connection: socket.socket, seconds: float) -> bool:
    """Whether the other side ends the connection, after whatever it still says."""
    end = time.monotonic() + seconds
    try:
        while (left := end - time.monotonic()) > 0:
            connection.settimeout(left)
            if not connection.recv(65536):
                return True
    except TimeoutError:
        return False
    except ConnectionError:
        return True
    return False


@contextmanager
def running(web_server: str, folder: Path, application: str = ECHO, **changed: object) -> Iterator[Server]:
    """`application` under `web_server`, with two workers of two threads unless something else is said."""
    port = free_port()
    settings = {
        "environment": "development",
        "issuer": f"http://127.0.0.1:{port}",
        "port": port,
        "data_folder": folder,
        "mail_transport": "folder",
        "web_server": web_server,
    } | changed
    kept = {name: value for name, value in os.environ.items() if not name.startswith("POTERNE_")}
    environment = kept | {f"POTERNE_{name.upper()}": str(value) for name, value in settings.items()}
    served = replace(ServiceProcesses.of("idp", Settings), application=application, preloaded="")
    with (
        (folder / "web.log").open("wb") as log,
        subprocess.Popen(served.web_server(), env=environment, stdout=log, stderr=log) as process,
    ):
        server = Server(port, psutil.Process(process.pid))
        try:
            until_ready(process, lambda: _answers(server), log=folder / "web.log")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(server: Server) -> bool:
    try:
        return server.gets().status == 200
    except OSError:
        return False
