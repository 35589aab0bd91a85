"""The cookies of a browser's pending logins: one for each login, and one that lists them.

A login's cookie has the login's own path, so that a request carries one such cookie and not all of them. The list
serves to delete the oldest login's cookie; nothing else relies on it, since a browser may send any list.

The login's page writes the list. The response to another site's POST must not: such a request carries no list, and
the response would overwrite it.
"""

import re
from typing import Final
from urllib.parse import quote

from werkzeug.wrappers import Response

from config.web.cookies import Cookies

MOST_LOGINS: Final = 8
LIST: Final = "logins"

_IDENTIFIER = re.compile(r"[A-Za-z0-9._~-]{0,64}:[A-Za-z0-9_-]{32}")
_BETWEEN = "/"


class PendingCookies:
    """The pending logins in the cookies of the current request."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def read(self, identifier: str) -> str | None:
        return self._cookies.read(_purpose(identifier), path=path_of(identifier))

    def set(self, response: Response, identifier: str, value: str) -> None:
        """Set a login's cookie, which the browser deletes when it closes."""
        self._cookies.set(response, _purpose(identifier), value, path=path_of(identifier))

    def list_login(self, response: Response, identifier: str) -> None:
        """List a login whose page is shown. Beyond `MOST_LOGINS`, delete the cookie of the oldest."""
        listed = self._listed()
        if identifier in listed:
            return
        for dropped in listed[: -(MOST_LOGINS - 1)]:
            self._forget(response, dropped)
        self._cookies.set(response, LIST, _BETWEEN.join((*listed[-(MOST_LOGINS - 1) :], identifier)))

    def delete(self, response: Response, identifier: str) -> None:
        """Delete the cookie of a login that was answered."""
        self._forget(response, identifier)
        listed = self._listed()
        if identifier in listed:
            self._cookies.set(response, LIST, _BETWEEN.join(each for each in listed if each != identifier))

    def _forget(self, response: Response, identifier: str) -> None:
        self._cookies.delete(response, _purpose(identifier), path=path_of(identifier))

    def _listed(self) -> tuple[str, ...]:
        """The identifiers, the oldest first."""
        said = self._cookies.read(LIST) or ""
        return tuple(each for each in said[:2048].split(_BETWEEN) if _IDENTIFIER.fullmatch(each))


def path_of(identifier: str) -> str:
    """The path of a login's pages. Browsers compare cookie paths octet by octet, so nothing here is escaped."""
    return f"/login/{identifier}"


def link_to(identifier: str) -> str:
    """The same for a link. The identifier may come from the address of a request, and be any text."""
    return path_of(quote(identifier, safe=":"))


def _purpose(identifier: str) -> str:
    return f"login-{identifier.partition(':')[2]}"
