"""HTTP to the services of the settings: TLS by the system's authorities, no redirect, small JSON answers, one deadline.

The timeout of a socket alone would never end a call to a service that sends an octet from time to time. The standard
library bounds the head of an answer (100 fields of 64 kB), and `_LARGEST_ANSWER` its body. Resolving a name has the
time limit of the system.
"""

import http.client
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Lock, Timer
from typing import IO, Any, Final, NoReturn, Self

from config.strict_parsing import InvalidJson, parse_json_object

_WITHIN: Final = 10.0  # seconds, for the connection, TLS, the request and the whole answer
_LARGEST_ANSWER: Final = 16_384  # octets


class Cause(StrEnum):
    """Why a service gave no good answer."""

    NO_CONNECTION = "no connection"
    NOT_TRUSTED = "its certificate is not trusted"
    TIMED_OUT = "it did not answer in time"
    STATUS = "it answered with an error"
    WRONG_ANSWER = "its answer is not a small JSON object"


class ServiceUnreachable(OSError):
    """A service gave no good answer. The message does not have the address, whose path may hold a secret."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        self.cause = cause
        super().__init__(f"{cause} ({detail})" if detail else str(cause))


class _Deadline:
    """Cuts the connections of one call when its time is over. A context manager: from the call to its end."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = Lock()
        self._connections: list[socket.socket] = []
        self.is_over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for connection in self._connections:
                connection.close()
            self._connections.clear()

    def connect(self, address: tuple[str, int], *_: object) -> socket.socket:
        """A connection to `address`, and a second handle of it: TLS takes the first one over."""
        connection = socket.create_connection(address, max(0.01, self._until - time.monotonic()))
        with self._lock:
            self._connections.append(connection.dup())
        return connection

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            for connection in self._connections:
                with suppress(OSError):  # the other side may have closed it
                    connection.shutdown(socket.SHUT_RDWR)


class _Connection(http.client.HTTPConnection):
    def __init__(self, host: str, *, deadline: _Deadline, **options: Any) -> None:
        super().__init__(host, **options)
        self._create_connection = deadline.connect  # the library's own seam, before a proxy's tunnel and TLS


class _TlsConnection(http.client.HTTPSConnection):
    def __init__(self, host: str, *, deadline: _Deadline, **options: Any) -> None:
        super().__init__(host, **options)
        self._create_connection = deadline.connect


class _Http(urllib.request.HTTPHandler):
    def __init__(self, deadline: _Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_Connection, deadline=self._deadline), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, deadline: _Deadline, context: ssl.SSLContext) -> None:
        super().__init__()
        self._deadline = deadline
        self._certificates = context

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_TlsConnection, deadline=self._deadline), req, context=self._certificates)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A service that redirects a ticket or a token elsewhere is refused, as any other status is."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message
    ) -> NoReturn:
        raise urllib.error.HTTPError(req.full_url, code, msg, headers, fp)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class OriginClient:
    """Calls the services. The TLS name that it verifies is the origin of the challenge."""

    def __init__(self, *, user_agent: str, ca_file: Path | None = None, within: float = _WITHIN) -> None:
        """Prepare to call.

        Args:
            user_agent: the name and version that services see.
            ca_file: certificate authorities that are trusted beside the system's, in PEM.
            within: the deadline of a call, in seconds.
        """
        self._context = ssl.create_default_context()
        if ca_file is not None:
            self._context.load_verify_locations(cafile=ca_file)
        self._user_agent = user_agent
        self._within = within

    def get(self, address: str) -> dict[str, Any]:
        """The JSON object at an address.

        Raises:
            ServiceUnreachable: no connection, a wrong certificate, no HTTP, a status other than 2xx, or no JSON object.
        """
        return _object(self._send(address, None))

    def post(self, address: str, members: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object that answers a JSON object; empty for an answer without a body.

        Raises:
            ServiceUnreachable: as `get`.
        """
        answer = self._send(address, json.dumps(dict(members)).encode())
        return _object(answer) if answer else {}

    def _send(self, address: str, body: bytes | None) -> bytes:
        headers = {"Accept": "application/json", "User-Agent": self._user_agent}
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(address, data=body, headers=headers)  # noqa: S310 - of an allowed origin
        with _Deadline(self._within) as deadline:
            try:
                with self._opener(request, deadline).open(request, timeout=self._within) as answer:
                    octets: bytes = answer.read(_LARGEST_ANSWER + 1)
            except urllib.error.HTTPError as refused:
                refused.close()
                raise ServiceUnreachable(Cause.STATUS, str(refused.code)) from None
            except urllib.error.URLError as failure:
                raise _unreachable(failure.reason, deadline) from None
            except (OSError, ValueError, http.client.HTTPException) as failure:
                raise _unreachable(failure, deadline) from None
        if deadline.is_over:  # a cut connection may look like the end of the answer
            raise ServiceUnreachable(Cause.TIMED_OUT)
        if len(octets) > _LARGEST_ANSWER:
            raise ServiceUnreachable(Cause.WRONG_ANSWER)
        return octets

    def _opener(self, request: urllib.request.Request, deadline: _Deadline) -> urllib.request.OpenerDirector:
        """By the proxy of the environment, except for a service on this computer, in development."""
        proxies = [] if request.type == "https" else [urllib.request.ProxyHandler({})]
        return urllib.request.build_opener(_NoRedirect, _Http(deadline), _Https(deadline, self._context), *proxies)


def _object(octets: bytes) -> dict[str, Any]:
    try:
        return parse_json_object(octets)
    except InvalidJson:
        raise ServiceUnreachable(Cause.WRONG_ANSWER) from None


def _unreachable(reason: object, deadline: _Deadline) -> ServiceUnreachable:
    if deadline.is_over:
        return ServiceUnreachable(Cause.TIMED_OUT)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ServiceUnreachable(Cause.NOT_TRUSTED, reason.verify_message)
    if isinstance(reason, TimeoutError):
        return ServiceUnreachable(Cause.TIMED_OUT)
    return ServiceUnreachable(Cause.NO_CONNECTION, type(reason).__name__)
