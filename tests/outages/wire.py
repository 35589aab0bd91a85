"""A WSGI application that is elsewhere: each call of it is a request on a new connection to a real server.

With it the browser and the application of tests/actors, which know WSGI
applications, are before a real service, and meet its outages.
"""

import http.client
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


class NoAnswer(Exception):
    """The connection was refused, cut, or nothing came in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """To the server that listens on this port of this machine, by https with `trusting`."""

    port: int
    trusting: ssl.SSLContext | None = None
    coming_from: str = "127.0.0.1"  # all of 127.0.0.0/8 is this machine
    adding: Mapping[str, str] = field(default_factory=dict)
    patience: float = 20  # seconds

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        headers |= {**self.adding, "Connection": "close"}
        body = environ["wsgi.input"].read() or None
        connection = self._connection()
        try:
            connection.request(environ["REQUEST_METHOD"], _address(environ), body, headers)
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException) as fault:
            raise NoAnswer(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}: {fault!r}") from fault
        finally:
            connection.close()
        given = [(name.title(), value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
        start_response(f"{response.status} {response.reason}", given)
        return [content]

    def _connection(self) -> http.client.HTTPConnection:
        whence = (self.coming_from, 0)
        if self.trusting is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience, source_address=whence)
        return http.client.HTTPSConnection(  # by its name: an address is not said to the server (SNI)
            "localhost", self.port, timeout=self.patience, source_address=whence, context=self.trusting
        )


def _address(environ: "WSGIEnvironment") -> str:
    """Path and query as they were written, percent signs and all."""
    path = str(environ["REQUEST_URI"]).partition("?")[0]
    return f"{path}?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else path
