"""Flask, less what it does at every request for things we do not have."""

from collections.abc import Callable
from typing import Any

from flask import Flask


class WebApplication(Flask):
    """A Flask application whose views and hooks are plain functions, and whose addresses are exact."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # werkzeug would redirect `/login//x`, to an address made of the Host header
        self.url_map.merge_slashes = False

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: Flask would inspect the view and each hook again, at each request, for a coroutine."""
        return func
