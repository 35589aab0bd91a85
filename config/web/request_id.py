"""A number for each request: in the journal, in a response header, and on fault pages for people to quote.

Made of an alphabet that survives being read out on the telephone (Crockford's
base 32: no I, L, O, U), in two groups of five.
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
    """The number of the request being answered, or None outside one."""
    return _current.get()


def new_request_id() -> str:
    """Fifty random bits: enough to find one line in a journal, short enough to be read out."""
    bits = secrets.randbits(50)
    text = "".join([_PAIRS[(bits >> shift) & 1023] for shift in (40, 30, 20, 10, 0)])
    return f"{text[:5]}-{text[5:]}"


class NumberedRequests:
    """WSGI layer: every request gets a number of ours; one sent by a stranger is not believed."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        number = new_request_id()
        _current.set(number)

        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            headers.append(("X-Request-Id", number))
            return start_response(status, headers, exc_info)

        return self._application(environ, started)
