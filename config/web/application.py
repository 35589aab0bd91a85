"""A Flask application without sessions, coroutines and redirects of its own, which would cost time at each request."""

from collections.abc import Callable
from typing import Any, NoReturn

from flask import Flask, Request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.routing import MapAdapter


class NoSession(SessionMixin):
    """The value of `flask.session`: every use of it fails."""

    def _fail(self, *_arguments: object) -> NoReturn:
        raise RuntimeError("flask.session is not used: cookies are in config/web/cookies.py")

    __getitem__ = __setitem__ = __delitem__ = __iter__ = __len__ = _fail


class NoSessions(SessionInterface):
    """The session interface, which opens and saves nothing."""

    _none = NoSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:  # noqa: ARG002 - Flask's signature
        return self._none

    def is_null_session(self, obj: object) -> bool:  # noqa: ARG002 - Flask's signature
        """True, so that Flask never saves it."""
        return True


class WebApplication(Flask):
    """A Flask application whose views and hooks are plain functions, whose paths are exact, and without a session."""

    session_interface = NoSessions()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Werkzeug would redirect `/login//x`, and a path that ends in a default value.
        self.url_map.merge_slashes = self.url_map.redirect_defaults = False

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """The adapter that finds the view by path and method. It has no host, so that it cannot use the Host header."""
        if request is None:
            return None
        opens_websocket = request.environ.get("HTTP_UPGRADE", "").lower() == "websocket"  # it is then refused
        return self.url_map.bind(
            "",
            script_name=request.root_path,
            url_scheme="ws" if opens_websocket else request.scheme,
            default_method=request.method,
            path_info=request.path,
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: Flask would otherwise look for coroutines at each request."""
        return func
