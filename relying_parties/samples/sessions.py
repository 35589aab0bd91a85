"""The application's own sessions, in this process's memory: the browser holds a random name only.

Kept here and not in a signed cookie, so that a session that has ended has
ended, whatever copy of the cookie remains, and so that the identity provider
can have one ended without the browser. A restart ends them all.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any

from flask import Flask, Request, Response, g
from flask.sessions import SessionInterface, SessionMixin

IDLE_SECONDS = 30 * 60
MOST_SESSIONS = 10_000  # the oldest goes first: strangers cannot fill the memory


class KeptSession(dict[str, Any], SessionMixin):
    """What is known of one browser. The same object serves its simultaneous requests, so none undoes another."""

    def __init__(self, **contents: Any) -> None:
        super().__init__(contents)
        self.identifier: str | None = None
        self.used_at = time.time()


def start_afresh(**contents: Any) -> None:
    """Give the browser another session, holding `contents` alone.

    Its name is new too: a name that someone planted before the login is worth nothing after it.
    """
    g.session_afresh = KeptSession(**contents)


class Sessions(SessionInterface):
    """Gives each request its session and each response its cookie."""

    def __init__(self, cookie_name: str, *, secure: bool) -> None:
        self._cookie_name = cookie_name
        self._secure = secure
        self._kept: OrderedDict[str, KeptSession] = OrderedDict()
        self._lock = Lock()

    def end(self, belongs: Callable[[Any], bool]) -> int:
        """End every session of an identity that `belongs`; how many there were."""
        with self._lock:
            ended = [kept for kept in self._kept.values() if "identity" in kept and belongs(kept["identity"])]
            for kept in ended:
                self._kept.pop(str(kept.identifier))
                kept.clear()  # a request that holds it now has nobody any more
        return len(ended)

    def open_session(self, app: Flask, request: Request) -> KeptSession:  # noqa: ARG002 - Flask's interface
        now = time.time()
        with self._lock:
            session = self._kept.get(request.cookies.get(self._cookie_name, ""))
            if session is None or now - session.used_at > IDLE_SECONDS:
                return KeptSession()
            session.used_at = now
            self._kept.move_to_end(str(session.identifier))
            return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        assert isinstance(session, KeptSession)  # noqa: S101 - open_session made it
        current = g.pop("session_afresh", session)
        with self._lock:
            if not session and session.identifier:
                self._kept.pop(session.identifier, None)
            if not current:
                if session.identifier:
                    response.delete_cookie(self._cookie_name, path="/")
                return
            if current.identifier:
                return
            current.identifier = secrets.token_urlsafe(32)
            self._kept[current.identifier] = current
            while len(self._kept) > MOST_SESSIONS:
                self._kept.popitem(last=False)
        # Lax: the answer of the identity provider, another site, arrives by a plain link or redirect.
        response.set_cookie(
            self._cookie_name, current.identifier, path="/", httponly=True, samesite="Lax", secure=self._secure
        )
