"""Calls from our server to other people's, whose addresses an operator has registered.

What an answer may do to us is bounded: no redirection is followed, no proxy is taken
from the environment, the whole call has a deadline, and no more is read than was said.
The address is resolved once, and the connection is made to what was looked at, so that
a name cannot lead elsewhere in between. Addresses of a private network are allowed,
since that is where a hospital's applications are; this machine and the link are not.
"""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from config.called_addresses import may_be_called
from config.settings_checks import is_loopback

AT_MOST = 65_536  # octets of an answer
LEFT_ALONE_FOR = 5.0  # seconds, a server that has not answered: less than until a job tries again


Read = TypeVar("Read")


class HttpFailed(Exception):
    """The server was not reached, did not answer in time, or answered what cannot be read. Says nothing of the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class HttpClient:
    """Calls to registered addresses. Safe for threads."""

    def __init__(self, *, within: timedelta, loopback: bool, certificates: ssl.SSLContext | None = None) -> None:
        """`loopback` is for development: this machine, and http to it. `certificates` is what is trusted."""
        self._within = within.total_seconds()
        self._loopback = loopback
        self._certificates = certificates
        self._away: dict[str, float] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made when it is first needed: reading the machine's authorities takes 40 ms."""
        return self._certificates or ssl.create_default_context()

    def post(self, address: str, body: bytes, *, content_type: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer of the server at `address`, whatever its status; a redirection is an answer like another.

        A server that has just not answered is left alone for a moment: those who wait
        for others are not held up by it.

        Raises:
            NoAnswer: there is none.
        """
        parts = urlsplit(address)
        if self._away.get(parts.netloc, 0.0) > time.monotonic():
            raise HttpFailed("it has just not answered")
        try:
            answer = self._exchange(address, body, {"Content-Type": content_type, **(headers or {})})
        except (OSError, http.client.HTTPException, ValueError) as failure:
            self._away[parts.netloc] = time.monotonic() + LEFT_ALONE_FOR
            raise HttpFailed(type(failure).__name__) from None
        self._away.pop(parts.netloc, None)
        return answer

    def get(
        self, address: str, read: Callable[[http.client.HTTPResponse], Read], *, headers: Mapping[str, str]
    ) -> Read:
        """What `read` makes of the answer of the server at `address`; it sees to how much of it is read.

        Raises:
            NoAnswer: there is none, or not in time; what was read is then not to be used.
        """
        try:
            with self._answer("GET", address, None, headers) as response:
                return read(response)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            raise HttpFailed(type(failure).__name__) from failure

    def _exchange(self, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with self._answer("POST", address, body, headers) as response:
            read = response.read(AT_MOST + 1)
            if len(read) > AT_MOST:
                raise HttpFailed("the answer is too large")
            return Answer(status=response.status, content_type=response.headers.get_content_type(), body=read)

    @contextlib.contextmanager
    def _answer(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer whose head was read; what it is used for must be over within our time, or is an error."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        if not secure and not (parts.scheme == "http" and self._loopback and is_loopback(host)):
            raise HttpFailed("only https is called")
        until = time.monotonic() + self._within
        stream = self._connect(host, parts.port or (443 if secure else 80))
        if secure:
            stream = self._tls.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)
        # A server that sends an octet from time to time never runs into a socket's own time limit.
        too_late = threading.Event()
        deadline = threading.Timer(max(until - time.monotonic(), 0.01), _cut, (stream, too_late))
        deadline.daemon = True
        deadline.start()
        try:
            with stream:
                if isinstance(stream, ssl.SSLSocket):
                    stream.do_handshake()
                connection = http.client.HTTPConnection(host, parts.port)
                connection.sock = stream
                target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
                connection.request(method, target, body, {"User-Agent": "Poterne", "Connection": "close", **headers})
                with connection.getresponse() as response:  # closed even when it was not read to its end
                    yield response
                if too_late.is_set():
                    raise TimeoutError("what was read is not the whole of it")
        except (OSError, http.client.HTTPException) as failure:
            if too_late.is_set():
                raise TimeoutError("cut at its deadline") from failure
            raise
        finally:
            deadline.cancel()

    def _connect(self, host: str, port: int) -> socket.socket:
        """To the first address of `host` that may be called and takes the connection."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        failure: OSError = ConnectionRefusedError("no address of it may be called")
        for family, kind, protocol, _, where in found[:4]:
            if not may_be_called(str(where[0]), loopback=self._loopback):
                continue
            connecting = socket.socket(family, kind, protocol)
            connecting.settimeout(self._within / 2)
            try:
                connecting.connect(where)
                if not may_be_called(str(connecting.getpeername()[0]), loopback=self._loopback):
                    raise ConnectionRefusedError("what has answered is this machine")
            except OSError as refused:
                connecting.close()
                failure = refused
            else:
                connecting.settimeout(self._within)
                return connecting
        raise failure


def never_called(address: str, *, loopback: bool) -> str | None:
    """Why `address` would never be called, a sentence to tell whoever registers it; None when it may be.

    It is a registered address (relying_parties/addresses.py). What a name leads to is looked at when it is
    called; those that mean this machine wherever they are looked up are known without (RFC 6761 section 6.3).
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return None if loopback else _NEVER_CALLED
    if parts.scheme != "https" and not (loopback and is_loopback(host)):
        return "must start with https://: only https is called"
    try:
        ip_address(host)
    except ValueError:
        return None
    return None if may_be_called(host, loopback=loopback) else _NEVER_CALLED


_NEVER_CALLED = "must be an address of the application's server: this machine, its link and multicast are never called"


def _cut(stream: socket.socket, too_late: threading.Event) -> None:
    """End a call that takes too long: whoever reads finds the end. Below TLS, whose state belongs to the reader."""
    too_late.set()
    with contextlib.suppress(OSError):
        socket.socket.shutdown(stream, socket.SHUT_RDWR)
