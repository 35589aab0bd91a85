"""CSRF protection: a form is accepted only from one of our pages, in the browser that received the page.

Three checks complement each other: the origin that the browser sends, a cookie that other sites can neither read nor
set (`__Host-`), and a token in the form that is bound to the cookie. docs/decisions/csrf-without-a-flask-session.md
says why Flask's session cookie does not serve.

Every POST is checked, unless its view has `accepts_cross_site_posts`.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, after_this_request, current_app, request
from werkzeug.exceptions import Forbidden, RequestEntityTooLarge, UnsupportedMediaType

from config.web.cookies import Cookies

TOKEN_FIELD = "form_token"  # noqa: S105 - a field's name
PURPOSE = "browser"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM_TYPES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}")
_NONCE_BYTES = 12
_NAMED = "poterne.browser"  # in the environ of the request: `g` may outlive it

View = TypeVar("View", bound=Callable[..., Any])


class CsrfError(Forbidden):
    """The form does not come from one of our pages in this browser."""


def accepts_cross_site_posts(view: View) -> View:
    """Exempt a view that other sites post to by design: a protocol endpoint, which has its own protection."""
    view.__dict__["accepts_cross_site_posts"] = True
    return view


def posts_our_form() -> bool:
    """Whether the current request is a POST to a view that only our own forms are posted to."""
    if request.method in _SAFE_METHODS or request.endpoint is None:
        return False
    return not hasattr(current_app.view_functions[request.endpoint], "accepts_cross_site_posts")


class FormProtection:
    """Identifies browsers by a random cookie, makes the tokens of forms, and checks them."""

    def __init__(self, cookies: Cookies, *, origin: str, longest: int) -> None:
        """`longest`: how many octets of a form are read. The page of a longer form says which field is too long."""
        self._cookies = cookies
        self._origin = origin
        self._longest = longest

    def init_app(self, app: Flask) -> None:
        @app.before_request
        def only_our_own_forms() -> None:
            if posts_our_form():
                self.check()

    def browser(self) -> str:
        """The random identifier of the browser that sent the current request. The response sets it if there is none."""
        if (known := self.browser_cookie()) is not None:
            return known
        if (named := request.environ.get(_NAMED)) is None:
            named = request.environ[_NAMED] = secrets.token_urlsafe(32)

            @after_this_request
            def name_it(response: Response) -> Response:
                self._cookies.set(response, PURPOSE, named)
                return response

        return str(named)

    def browser_cookie(self) -> str | None:
        """The identifier in the request's cookie, or None."""
        cookie = self._cookies.read(PURPOSE)
        return cookie if cookie is not None and _BROWSER.fullmatch(cookie) else None

    def token(self) -> str:
        """A token for one form. It differs each time, so that compression of the page reveals nothing about it."""
        nonce = secrets.token_hex(_NONCE_BYTES)
        return nonce + _signature(self.browser(), nonce)

    def check(self) -> None:
        """Check the current request.

        Raises:
            CsrfError: the current request is not one of our forms.
            RequestEntityTooLarge: it is too large to be checked.
            UnsupportedMediaType: it is not a form.
        """
        if request.content_length and request.mimetype not in _FORM_TYPES:
            raise UnsupportedMediaType
        try:
            token, too_large = request.form.get(TOKEN_FIELD, ""), None
        except RequestEntityTooLarge as refused:
            if not request.read_beginning_of_form(self._longest):  # type: ignore[attr-defined]  # config/web/request.py
                raise
            token, too_large = request.form.get(TOKEN_FIELD, ""), refused
        browser = self.browser_cookie()
        if browser is None or not self._same_origin() or not _opens(browser, token):
            raise too_large or CsrfError

    def _same_origin(self) -> bool:
        """Check Fetch Metadata, then Origin (RFC 6454 section 7.3); if the browser sends neither, the token decides.

        `Origin: null` is allowed, since our own `Referrer-Policy: no-referrer` produces it.
        """
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        return request.headers.get("Origin", "null") in ("null", self._origin)


def _signature(browser: str, nonce: str) -> str:
    return hmac.new(browser.encode(), nonce.encode(), hashlib.sha256).hexdigest()


def _opens(browser: str, token: str) -> bool:
    nonce, signature = token[: 2 * _NONCE_BYTES], token[2 * _NONCE_BYTES :]
    return hmac.compare_digest(_signature(browser, nonce).encode(), signature.encode())
