"""The request number: in the journal, in a response header, and on fault pages, where people can quote it.

Its alphabet is suited to the telephone (Crockford's base 32: no I, L, O, U), in two groups of five.
"""

import secrets
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _ALPHABET for second in _ALPHABET)

_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def current_request_id() -> str | None:
    """The number of the current request, or None outside a request."""
    return _current.get()


def new_request_id() -> str:
    """A new number of fifty random bits."""
    bits = secrets.randbits(50)
    text = "".join([_PAIRS[(bits >> shift) & 1023] for shift in (40, 30, 20, 10, 0)])
    return f"{text[:5]}-{text[5:]}"


class RequestIds:
    """WSGI layer: gives every request a number; numbers in requests are ignored."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        number = new_request_id()
        _current.set(number)

        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            headers.append(("X-Request-Id", number))
            return start_response(status, headers, exc_info)

        return self._application(environ, started)
