"""Calls the servers of applications, at addresses that an operator has registered.

A call follows no redirection, uses no proxy from the environment, has one deadline, and reads a bounded answer. The
name is resolved once: the address that was checked is the one that is called. Private networks are allowed, because
hospitals run applications there; this machine and link-local addresses are not (`called_addresses.py`).
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
PAUSE_AFTER_FAILURE = 5.0  # seconds without calls to a server that failed; shorter than the delay of a job


Read = TypeVar("Read")


class HttpFailed(Exception):
    """The server was not reached, did not answer in time, or sent an invalid answer. The text repeats no input."""


class ServerNotReached(HttpFailed):
    """There was no connection: the server certainly has not received the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a server."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


class HttpClient:
    """Calls registered addresses. Thread-safe."""

    def __init__(
        self,
        *,
        within: timedelta,
        loopback: bool,
        plain_http: bool = False,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        """
        Args:
            within: the deadline of a call.
            loopback: allow this machine, also by http, for development.
            plain_http: allow http everywhere, for documents that are signed themselves, such as revocation lists.
            certificates: the trusted authorities; by default those of this machine.
        """
        self._within = within.total_seconds()
        self._loopback = loopback
        self._plain_http = plain_http
        self._certificates = certificates
        self._paused_until: dict[str, float] = {}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Created at the first use: to read the machine's authorities takes 40 ms."""
        return self._certificates or ssl.create_default_context()

    def post(self, address: str, body: bytes, *, content_type: str, headers: Mapping[str, str] | None = None) -> Answer:
        """POST `body`, and return the answer with any status, also a redirection.

        After a failure, calls to the same server fail at once for a few seconds, so that it does not delay calls
        to others.

        Raises:
            ServerNotReached: nothing was sent.
            HttpFailed: there is no valid answer.
        """
        return self._send("POST", address, body, {"Content-Type": content_type, **(headers or {})})

    def put(self, address: str, body: bytes, *, content_type: str, headers: Mapping[str, str] | None = None) -> Answer:
        """PUT `body`; otherwise the same as `post`."""
        return self._send("PUT", address, body, {"Content-Type": content_type, **(headers or {})})

    def _send(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(address)
        if self._paused_until.get(parts.netloc, 0.0) > time.monotonic():
            raise ServerNotReached("it did not answer a moment ago")
        try:
            answer = self._exchange(method, address, body, headers)
        except ServerNotReached:
            self._paused_until[parts.netloc] = time.monotonic() + PAUSE_AFTER_FAILURE
            raise
        except (OSError, http.client.HTTPException, ValueError) as failure:
            self._paused_until[parts.netloc] = time.monotonic() + PAUSE_AFTER_FAILURE
            raise HttpFailed(type(failure).__name__) from None
        self._paused_until.pop(parts.netloc, None)
        return answer

    def get(
        self, address: str, read: Callable[[http.client.HTTPResponse], Read], *, headers: Mapping[str, str]
    ) -> Read:
        """GET the resource, and return the result of `read`, which must bound how much it reads.

        Raises:
            HttpFailed: there is no valid answer in time. What `read` has read must then not be used.
        """
        try:
            with self._answer("GET", address, None, headers) as response:
                return read(response)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            raise HttpFailed(type(failure).__name__) from failure

    def _exchange(self, method: str, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        with self._answer(method, address, body, headers) as response:
            read = response.read(AT_MOST + 1)
            if len(read) > AT_MOST:
                raise HttpFailed("the answer is too large")
            return Answer(status=response.status, content_type=response.headers.get_content_type(), body=read)

    @contextlib.contextmanager
    def _answer(
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer after its header. The body must be read before the deadline, which raises TimeoutError."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        secure = parts.scheme == "https"
        may_be_plain = self._plain_http or (self._loopback and is_loopback(host))
        if not secure and not (parts.scheme == "http" and may_be_plain):
            raise HttpFailed("only https addresses are called")
        until = time.monotonic() + self._within
        try:
            stream = self._connect(host, parts.port or (443 if secure else 80))
        except OSError as failure:
            raise ServerNotReached(type(failure).__name__) from None
        if secure:
            stream = self._tls.wrap_socket(stream, server_hostname=host, do_handshake_on_connect=False)
        # The timeout of a socket alone would never end a call to a server that sends an octet from time to time.
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
                with connection.getresponse() as response:  # closed even if it was not read to its end
                    yield response
                if too_late.is_set():
                    raise TimeoutError("the answer is incomplete")
        except (OSError, http.client.HTTPException) as failure:
            if too_late.is_set():
                raise TimeoutError("cut at its deadline") from failure
            raise
        finally:
            deadline.cancel()

    def _connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first address of `host` that may be called and accepts the connection."""
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        failure: OSError = ConnectionRefusedError("none of its addresses may be called")
        for family, kind, protocol, _, where in found[:4]:
            if not may_be_called(str(where[0]), loopback=self._loopback):
                continue
            connecting = socket.socket(family, kind, protocol)
            connecting.settimeout(self._within / 2)
            try:
                connecting.connect(where)
                if not may_be_called(str(connecting.getpeername()[0]), loopback=self._loopback):
                    raise ConnectionRefusedError("this machine answered")
            except OSError as refused:
                connecting.close()
                failure = refused
            else:
                connecting.settimeout(self._within)
                return connecting
        raise failure


def never_called(address: str, *, loopback: bool) -> str | None:
    """The reason why our server never calls `address`, as a sentence for an operator; None when it may call it.

    `address` is a registered address (relying_parties/addresses.py). A host name is resolved when it is called;
    names that always mean this machine (RFC 6761 section 6.3) are refused here.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return None if loopback else _NEVER_CALLED
    if parts.scheme != "https" and not (loopback and is_loopback(host)):
        return "must start with https://: our server calls only https"
    try:
        ip_address(host)
    except ValueError:
        return None
    return None if may_be_called(host, loopback=loopback) else _NEVER_CALLED


_NEVER_CALLED = "must be an address of the application's server: loopback, link-local and multicast are never called"


def _cut(stream: socket.socket, too_late: threading.Event) -> None:
    """End a call at its deadline. Shuts down below TLS, because only the reader may use the state of TLS."""
    too_late.set()
    with contextlib.suppress(OSError):
        socket.socket.shutdown(stream, socket.SHUT_RDWR)
