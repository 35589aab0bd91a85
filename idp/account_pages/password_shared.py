"""What the pages of a password change and of a forgotten password share."""

import re
from datetime import timedelta
from typing import Protocol
from urllib.parse import quote

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter
from config.web.cookies import Cookies
from config.web.forms import Problems
from idp.accounts.passwords.passwords import Changed, PolicyFaults
from idp.login.browser import Browser
from idp.login.methods.base import Proof
from idp.login.pending_cookies import link_to
from idp.sessions.session import ActiveSession
from idp.web.application_summary import ApplicationOnPage

_PENDING = re.compile(r"[^\s/\\?#\x00-\x1f\x7f]{1,400}")
_DONE_COOKIE = "done"
_DONE_LIFETIME = timedelta(minutes=10)


class PendingLoginPages(Protocol):
    """The login pages, as these pages use them (idp/login/views.py)."""

    def active_session(self) -> ActiveSession | None:
        """The session of the browser that sent the current request."""
        ...

    @property
    def browser(self) -> Browser:
        """The browser that sent the current request."""
        ...

    def application_of(self, identifier: str) -> ApplicationOnPage | None:
        """The application of a pending login."""
        ...

    def registered_application(self, client_id: str) -> ApplicationOnPage | None:
        """The application with this client_id."""
        ...

    def proven_in(self, identifier: str, method: str) -> ActiveSession | None:
        """The active session, if its person authenticated by `method` in this pending login a short time ago."""
        ...

    def signed_in(self, identifier: str, proof: Proof, *, before: ActiveSession | None) -> AnyResponse:
        """Continue a pending login after a change of password, which has ended the session `before` it."""
        ...


class DonePages:
    """Pages that confirm an act after a redirect (RFC 9110 section 15.4.4), so that a reload does not repeat it.

    A cookie limits each to the browser that has just performed the act.
    """

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def redirect(self, path: str, act: str) -> AnyResponse:
        """A redirect to the page of `act`."""
        response = redirect(path, 303)
        self._cookies.set(response, _DONE_COOKIE, act, lifetime=_DONE_LIFETIME)
        return response

    def has_done(self, act: str) -> bool:
        """Whether the browser of the current request performed `act` a short time ago."""
        return self._cookies.read(_DONE_COOKIE) == act


def password_changed(
    changed: Changed, done: DonePages, login: PendingLoginPages, *, continue_to: str | None = None
) -> AnyResponse:
    """A redirect to the page that confirms a change of password. The owner's browser gets the device cookie.

    `continue_to` is the client_id of the application that the page leads to.
    """
    page = "/password/changed" + (f"?application={quote(continue_to)}" if continue_to else "")
    return login.browser.remember_device(
        done.redirect(page, CHANGED),
        login=changed.login,
        account_id=changed.account_id,
        valid_from=changed.valid_from,
    )


CHANGED = "password-changed"


def pending_parameter() -> str | None:
    """The pending login that the current request names by `pending`; None when there is none, or it is malformed."""
    pending = request.values.get("pending", "")
    return pending if _PENDING.fullmatch(pending) else None


def back_url() -> str | None:
    """The address of that pending login."""
    pending = pending_parameter()
    return link_to(pending) if pending else None


def new_password_problems(refused: PolicyFaults) -> Problems:
    return tuple(("new_password", fault.value) for fault in refused.faults)


def with_retry_after(response: Response, wait: RetryAfter) -> Response:
    response.headers["Retry-After"] = str(wait.seconds)
    return response
