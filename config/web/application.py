"""A Flask application without coroutines and redirects of its own, which would cost time at each request."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from werkzeug.routing import Map, MapAdapter, UnicodeConverter


class Segment(UnicodeConverter):
    """A variable part of a path: no slash and no control character, which no response header could hold."""

    def __init__(self, map: Map, *arguments: Any, **named: Any) -> None:
        super().__init__(map, *arguments, **named)
        self.regex = self.regex.replace("[^/]", r"[^/\x00-\x1f\x7f]")


class WebApplication(Flask):
    """A Flask application whose views and hooks are plain functions, and whose paths are exact.

    It has no secret key, so Flask keeps no session. Cookies are in `cookies.py`.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Werkzeug would redirect `/login//x`, and a path that ends in a default value.
        self.url_map.merge_slashes = self.url_map.redirect_defaults = False
        self.url_map.converters["default"] = self.url_map.converters["string"] = Segment

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
