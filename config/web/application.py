"""Flask, less what it does at every request for things we do not have."""

from collections.abc import Callable
from typing import Any, NoReturn

from flask import Flask, Request
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.routing import MapAdapter


class NoSession(SessionMixin):
    """What `flask.session` is: it fails, whatever is asked of it."""

    def _fail(self, *_asked: object) -> NoReturn:
        raise RuntimeError("Flask's session is not used: what a browser holds is in config/web/cookies.py")

    __getitem__ = __setitem__ = __delitem__ = __iter__ = __len__ = _fail


class NoSessions(SessionInterface):
    """Where Flask would look for a session at each request."""

    _none = NoSession()

    def open_session(self, app: Flask, request: Request) -> SessionMixin:  # noqa: ARG002 - Flask's signature
        return self._none

    def is_null_session(self, obj: object) -> bool:  # noqa: ARG002 - Flask's signature
        """So that it is never saved."""
        return True


class WebApplication(Flask):
    """A Flask application: its views and hooks are plain functions, its addresses exact, and it has no session."""

    session_interface = NoSessions()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # werkzeug would redirect `/login//x`, or an address whose last part is a default
        self.url_map.merge_slashes = self.url_map.redirect_defaults = False

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """What finds the view by path and method. It has no host, so nothing can be made of the Host header."""
        if request is None:
            return None
        opens_websocket = request.environ.get("HTTP_UPGRADE", "").lower() == "websocket"  # which is then refused
        return self.url_map.bind(
            "",
            script_name=request.root_path,
            url_scheme="ws" if opens_websocket else request.scheme,
            default_method=request.method,
            path_info=request.path,
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: Flask would inspect the view and each hook again, at each request, for a coroutine."""
        return func
