"""A form of ours is posted from a page of ours, by the browser that was given the page.

Three checks, each enough against most attackers, together against the rest: what
the browser says of the origin, a cookie that no other site can read or set
(`__Host-`), and a token in the form that only this cookie opens. Why not Flask's
session cookie: docs/decisions/csrf-without-a-flask-session.md.

Every POST is checked unless its view says `accepts_cross_site_posts`.
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
_NAMED = "poterne.browser"  # in the request's environ: `g` belongs to the application's context, which may outlive it

View = TypeVar("View", bound=Callable[..., Any])


class CsrfError(Forbidden):
    """The form was not posted from a page that we gave this browser."""


def accepts_cross_site_posts(view: View) -> View:
    """Mark a view that other sites post to by design: a protocol's endpoint, with a protection of its own."""
    view.__dict__["accepts_cross_site_posts"] = True
    return view


def posts_our_form() -> bool:
    """Whether the present request is sent to an address that only forms of ours are posted to."""
    if request.method in _SAFE_METHODS or request.endpoint is None:
        return False
    return not hasattr(current_app.view_functions[request.endpoint], "accepts_cross_site_posts")


class FormProtection:
    """Knows browsers by a random cookie, gives tokens to forms, and checks what comes back."""

    def __init__(self, cookies: Cookies, *, origin: str, longest: int) -> None:
        """`longest` is how many octets of a form are read: its view tells on the form what was too long in it."""
        self._cookies = cookies
        self._origin = origin
        self._longest = longest

    def init_app(self, app: Flask) -> None:
        @app.before_request
        def only_our_own_forms() -> None:
            if posts_our_form():
                self.check()

    def browser(self) -> str:
        """The random name of the browser that sent this request; one without a name is given one with the response."""
        if (known := self.known_browser()) is not None:
            return known
        if (named := request.environ.get(_NAMED)) is None:
            named = request.environ[_NAMED] = secrets.token_urlsafe(32)

            @after_this_request
            def name_it(response: Response) -> Response:
                self._cookies.set(response, PURPOSE, named)
                return response

        return str(named)

    def known_browser(self) -> str | None:
        """The same, or None when it has no name yet."""
        cookie = self._cookies.read(PURPOSE)
        return cookie if cookie is not None and _BROWSER.fullmatch(cookie) else None

    def token(self) -> str:
        """For one form: another each time, so that compressing the page tells nothing about it."""
        nonce = secrets.token_hex(_NONCE_BYTES)
        return nonce + _signature(self.browser(), nonce)

    def check(self) -> None:
        """
        Raises:
            ForgedForm: when the present request is not a form of ours.
            RequestEntityTooLarge: it is too large to tell.
            UnsupportedMediaType: it is no form at all.
        """
        if request.content_length and request.mimetype not in _FORM_TYPES:
            raise UnsupportedMediaType
        try:
            token, too_large = request.form.get(TOKEN_FIELD, ""), None
        except RequestEntityTooLarge as refused:
            if not request.read_beginning_of_form(self._longest):  # type: ignore[attr-defined]  # config/web/request.py
                raise
            token, too_large = request.form.get(TOKEN_FIELD, ""), refused
        browser = self.known_browser()
        if browser is None or not self._same_origin() or not _opens(browser, token):
            raise too_large or CsrfError

    def _same_origin(self) -> bool:
        """Fetch Metadata, then Origin (RFC 6454 7.3); a browser that sends neither is left to the token.

        `Origin: null` is what our own `Referrer-Policy: no-referrer` makes of a form's origin.
        """
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        return request.headers.get("Origin", "null") in ("null", self._origin)


def _signature(browser: str, nonce: str) -> str:
    return hmac.new(browser.encode(), nonce.encode(), hashlib.sha256).hexdigest()


def _opens(browser: str, token: str) -> bool:
    nonce, signature = token[: 2 * _NONCE_BYTES], token[2 * _NONCE_BYTES :]
    return hmac.compare_digest(_signature(browser, nonce).encode(), signature.encode())
