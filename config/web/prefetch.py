"""Requests of a machine that looks before the person comes: they must spend nothing that is good once.

Scanners of links in mails, previews and some proxies send HEAD; browsers fetch
ahead what the person may follow, and say so. A view whose GET spends something
(a request's identifier, the step of a logout) is not called for these.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, request

from config.web.responses import RawResponse

_SAYS_SO = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ")  # the first is of the Fetch standard


View = TypeVar("View", bound=Callable[..., Any])


def skip_prefetch(view: View) -> View:
    """The same view, which HEAD and prefetch requests do not reach."""

    @wraps(view)
    def unless_ahead(*arguments: Any, **named: Any) -> Any:
        answer = _answer_ahead()
        return view(*arguments, **named) if answer is None else answer

    return unless_ahead  # type: ignore[return-value]


def ignore_prefetch(blueprint: Blueprint) -> Blueprint:
    """The same blueprint, whose views answer when the person comes."""
    blueprint.before_request(_answer_ahead)
    return blueprint


def _answer_ahead() -> RawResponse | None:
    environ = request.environ
    if environ["REQUEST_METHOD"].upper() == "HEAD":
        return RawResponse(b"", 200, headers=[("Content-Type", "text/html; charset=utf-8")])
    for name in _SAYS_SO:
        if name in environ and environ[name].lower().startswith(("prefetch", "preview")):
            # Not 204, which browsers keep as the page: with a failure they ask again.
            return RawResponse(b"", 503, headers=[("Retry-After", "0")])
    return None
