"""The beginning of a login: the browser receives a request that cannot be answered at once, to keep it."""

from flask import Response, request
from werkzeug.exceptions import TooManyRequests

from config.redis.rate_limits import RetryAfter
from config.web.cookies import Cookies
from config.web.responses import see_other
from idp.login.pending import PendingLogins
from idp.login.pending_cookies import PendingCookies, path_of
from idp.login.request import LoginRequest
from idp.web.client_info import ClientInfo


class LoginStart:
    """Begins logins, for the requests of both protocols and for internal pages."""

    def __init__(self, pendings: PendingLogins, cookies: Cookies) -> None:
        self._pendings = pendings
        self._cookies = PendingCookies(cookies)

    def begin(self, login_request: LoginRequest) -> Response:
        """A redirect to the login's address, with the cookie that holds the request.

        A browser also accepts a SameSite=Lax cookie in the response to a cross-site POST, if it is a top-level
        navigation (draft-ietf-httpbis-rfc6265bis, storage model).

        Raises:
            TooManyRequests: the request is too large for a cookie, and this network has many such requests.
        """
        begun = self._pendings.begin(login_request, address=ClientInfo.of(request).address)
        if isinstance(begun, RetryAfter):
            raise TooManyRequests(retry_after=begun.seconds)
        identifier = begun.pending.identifier
        response = see_other(path_of(identifier))
        self._cookies.set(response, identifier, begun.cookie)
        return response

    def count_one(self, kind: str) -> RetryAfter | None:
        """Count a record that the current request stores in Redis, or return how long to wait (`PendingLogins`)."""
        return self._pendings.count_one(kind, address=ClientInfo.of(request).address)
