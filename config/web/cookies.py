"""The one shape of our cookies: `__Host-`, Secure, HttpOnly, SameSite=Lax, Path=/.

One that is for some addresses alone has their path and `__Secure-`, since `__Host-` allows no other path than `/`.
Ports of one host share a cookie jar, so each service names its cookies for itself.
In development a setting takes Secure and the prefix away, for scripts that drive a
plain http server.
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
        """What the browser sent with the present request."""
        cookies, name = request.cookies, self.name(purpose, path=path)
        if name not in cookies:
            return None  # `get` would make an exception with an error page, and drop it
        return cookies[name]

    def set(
        self, response: Response, purpose: str, value: str, *, lifetime: timedelta | None = None, path: str = "/"
    ) -> None:
        """Without a lifetime the browser forgets it when it closes."""
        name = self.name(purpose, path=path)
        response.set_cookie(
            name, value, max_age=lifetime, secure=self._secure, httponly=True, samesite="Lax", path=path
        )

    def forget(self, response: Response, purpose: str, *, path: str = "/") -> None:
        name = self.name(purpose, path=path)
        response.delete_cookie(name, secure=self._secure, httponly=True, samesite="Lax", path=path)
