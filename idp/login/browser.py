"""The browser of the current request, as the login pages know it: by its cookies, and by its address."""

from datetime import datetime
from typing import Final

from flask import request
from werkzeug.wrappers import Response

from config.redis.rate_limits import Visit
from config.web.web_app import WebShell
from idp.accounts.devices import DEVICE_COOKIE, KEPT_FOR, Devices
from idp.accounts.login_throttle import Attempt
from idp.accounts.unknown_cards import BrowserState
from idp.sessions.authentication import FactorType
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.client_info import ClientInfo

_LAST_METHOD: Final = "method"


class Browser:
    """The browser that sent the current request."""

    def __init__(self, web: WebShell, devices: Devices) -> None:
        self._web = web
        self._devices = devices

    def attempt(self, login: str) -> Attempt:
        """The current request as an attempt to log in to `login`, for the throttle."""
        return Attempt(
            login=login,
            address=ClientInfo.of(request).address,
            client=self._web.forms.browser(),
            device=self._devices.identifier_for(self._web.cookies.read(DEVICE_COOKIE), login),
        )

    def visit(self) -> Visit:
        """The sender of the current request, for limits that concern no account."""
        device = self._devices.identifier(self._web.cookies.read(DEVICE_COOKIE))
        return Visit(address=ClientInfo.of(request).address, client=self._web.forms.browser(), device=device)

    def state(self) -> BrowserState | None:
        """The cookies of the browser, for an unknown card that waits for it (`browser_state`)."""
        return browser_state(self._web)

    def remember_device(self, response: Response, *, login: str, account_id: str, valid_from: datetime) -> Response:
        """Add to the response a device cookie that names the account, whose owner has just authenticated here."""
        cookie = self._devices.remember(
            self._web.cookies.read(DEVICE_COOKIE), login=login, account_id=account_id, valid_from=valid_from
        )
        self._web.cookies.set(response, DEVICE_COOKIE, cookie, lifetime=KEPT_FOR)
        return response

    def remember_method(self, response: Response, factor: FactorType) -> None:
        """Remember the method of the last login, which the sign-on page then shows first (`last_method`)."""
        if factor.alone is not None and last_method(self._web) != factor.method:
            self._web.cookies.set(response, _LAST_METHOD, factor.method, lifetime=KEPT_FOR)


def last_method(web: WebShell) -> str | None:
    """The method of the browser's last login; None if it is not known."""
    return web.cookies.read(_LAST_METHOD)


def browser_state(web: WebShell) -> BrowserState | None:
    """The browser for which an unknown card waits; None when it has sent no cookie of ours.

    Each login sets the device cookie anew, and each logout deletes that of the session.
    """
    identifier = web.forms.browser_cookie()
    if identifier is None:
        return None
    cookies = (web.cookies.read(SESSION_COOKIE) or "", web.cookies.read(DEVICE_COOKIE) or "")
    return BrowserState(identifier=identifier, cookies="\n".join(cookies))
