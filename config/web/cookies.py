"""The attributes of our cookies: `__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/.

A cookie for some paths alone has their path and `__Secure-`, since `__Host-` requires the path `/`. The ports of one
host share their cookies, so each service has its own name prefix. In development a setting removes Secure and the
prefix, for scripts that use a plain http server.
"""

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

from config.common_settings import CommonSettings


class Cookies:
    """The cookies of one service."""

    def __init__(self, settings: CommonSettings, *, service: str) -> None:
        self._secure = not settings.plain_http_cookies
        self._prefix = f"__Host-{service}-" if self._secure else f"{service}-"
        self._prefix_below = f"__Secure-{service}-" if self._secure else f"{service}-"

    def name(self, purpose: str, *, path: str = "/") -> str:
        return (self._prefix if path == "/" else self._prefix_below) + purpose

    def read(self, purpose: str, *, path: str = "/") -> str | None:
        """The value that the browser sent with the current request, or None."""
        return request.cookies.get(self.name(purpose, path=path))

    def set(
        self, response: Response, purpose: str, value: str, *, lifetime: timedelta | None = None, path: str = "/"
    ) -> None:
        """Set a cookie. Without a lifetime, the browser deletes it when it closes."""
        name = self.name(purpose, path=path)
        response.set_cookie(
            name, value, max_age=lifetime, secure=self._secure, httponly=True, samesite="Lax", path=path
        )

    def delete(self, response: Response, purpose: str, *, path: str = "/") -> None:
        name = self.name(purpose, path=path)
        response.delete_cookie(name, secure=self._secure, httponly=True, samesite="Lax", path=path)
