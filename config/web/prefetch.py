"""HEAD and prefetch requests, which must not consume one-time state.

Mail scanners, previews and some proxies send HEAD; browsers prefetch links, and mark these requests. A view whose GET
consumes something (a request's identifier, the next step of a logout) is not called for them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, request

from config.web.responses import RawResponse

# The first is of the Fetch standard.
_PREFETCH_HEADERS = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")

View = TypeVar("View", bound=Callable[..., Any])


def skip_prefetch(view: View) -> View:
    """Exclude HEAD and prefetch requests from a view."""

    @wraps(view)
    def unless_prefetched(*arguments: Any, **named: Any) -> Any:
        answer = _prefetch_response()
        return view(*arguments, **named) if answer is None else answer

    return unless_prefetched  # type: ignore[return-value]


def ignore_prefetch(blueprint: Blueprint) -> Blueprint:
    """Exclude HEAD and prefetch requests from the views of a blueprint."""
    blueprint.before_request(_prefetch_response)
    return blueprint


def _prefetch_response() -> RawResponse | None:
    environ = request.environ
    if environ["REQUEST_METHOD"].upper() == "HEAD":
        return RawResponse(b"", 200, headers=[("Content-Type", "text/html; charset=utf-8")])
    for name in _PREFETCH_HEADERS:
        if name in environ and environ[name].lower().startswith(("prefetch", "preview")):
            # A failure, after which browsers request the page again; they would keep a 204 as the page.
            return RawResponse(b"", 503, headers=[("Retry-After", "0")])
    return None
