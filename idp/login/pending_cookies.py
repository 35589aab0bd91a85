"""The cookies of the logins begun in a browser: one for each, and one that lists them, so that the oldest can go.

A login's cookie has the login's own path, so that a request carries one of them and
not all. Whatever the list says is a browser's word: it names cookies to forget, and
nothing is believed for being on it.

The list is written by the login's own page: the answer to another site's POST, to
which the list was not sent, would write over it.
"""

import re
from typing import Final

from werkzeug.wrappers import Response

from config.web.cookies import Cookies

MOST_LOGINS: Final = 8
LIST: Final = "logins"

_IDENTIFIER = re.compile(r"[A-Za-z0-9._~-]{0,64}:[A-Za-z0-9_-]{32}")
_BETWEEN = "/"


class PendingCookies:
    """What the present request's browser keeps of the logins it has begun."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    def read(self, identifier: str) -> str | None:
        return self._cookies.read(_purpose(identifier), path=path_of(identifier))

    def set(self, response: Response, identifier: str, value: str) -> None:
        """The browser forgets it when it closes."""
        self._cookies.set(response, _purpose(identifier), value, path=path_of(identifier))

    def note(self, response: Response, identifier: str) -> None:
        """List a login whose page is shown; when that is one too many, the oldest is forgotten."""
        listed = self._listed()
        if identifier in listed:
            return
        for dropped in listed[: -(MOST_LOGINS - 1)]:
            self._forget(response, dropped)
        self._cookies.set(response, LIST, _BETWEEN.join((*listed[-(MOST_LOGINS - 1) :], identifier)))

    def finished(self, response: Response, identifier: str) -> None:
        """Forget a login that was answered."""
        self._forget(response, identifier)
        listed = self._listed()
        if identifier in listed:
            self._cookies.set(response, LIST, _BETWEEN.join(each for each in listed if each != identifier))

    def _forget(self, response: Response, identifier: str) -> None:
        self._cookies.forget(response, _purpose(identifier), path=path_of(identifier))

    def _listed(self) -> tuple[str, ...]:
        """The identifiers, the oldest first."""
        said = self._cookies.read(LIST) or ""
        return tuple(each for each in said[:2048].split(_BETWEEN) if _IDENTIFIER.fullmatch(each))


def path_of(identifier: str) -> str:
    """Where a login's pages are. A browser compares it octet by octet: what addresses allow is never escaped."""
    return f"/login/{identifier}"


def _purpose(identifier: str) -> str:
    return f"login-{identifier.partition(':')[2]}"
