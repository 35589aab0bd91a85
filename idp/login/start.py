"""Where a login begins: a request that cannot be answered at once is given to its browser to keep."""

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
    """Begins logins, for the requests of either protocol and for pages of ours."""

    def __init__(self, pendings: PendingLogins, cookies: Cookies) -> None:
        self._pendings = pendings
        self._kept = PendingCookies(cookies)

    def begin(self, login_request: LoginRequest) -> Response:
        """To the login's own address, with the cookie that keeps it.

        A browser takes a SameSite=Lax cookie from the answer to another site's POST too, when the
        whole window goes there (draft-ietf-httpbis-rfc6265bis, storage model).

        Raises:
            TooManyRequests: the request is too large for a cookie, and this network has many kept here.
        """
        begun = self._pendings.begin(login_request, address=ClientInfo.of(request).address)
        if isinstance(begun, RetryAfter):
            raise TooManyRequests(retry_after=begun.seconds)
        identifier = begun.pending.identifier
        response = see_other(path_of(identifier))
        self._kept.set(response, identifier, begun.cookie)
        return response

    def count_one(self, what: str) -> RetryAfter | None:
        """Count what the present request leaves in Redis for as long as a login; or say how long to wait."""
        return self._pendings.count_one(what, address=ClientInfo.of(request).address)
