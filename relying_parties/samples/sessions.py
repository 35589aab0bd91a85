"""The application's own sessions, in the memory of this process. The browser's cookie is a random identifier.

A session can therefore be ended without the browser, by the identity provider, and
a copy of the cookie is worth nothing then. A restart ends all sessions.
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
MOST_SESSIONS = 10_000  # beyond it the oldest is dropped, so that strangers cannot fill the memory


class StoredSession(dict[str, Any], SessionMixin):
    """The session of one browser. Its simultaneous requests share the object, so that none undoes another."""

    def __init__(self, **contents: Any) -> None:
        super().__init__(contents)
        self.identifier: str | None = None
        self.used_at = time.time()


def start_afresh(**contents: Any) -> None:
    """Replace the browser's session by a new one with `contents`.

    Its identifier is new too, which prevents session fixation.
    """
    g.new_session = StoredSession(**contents)


class Sessions(SessionInterface):
    """Gives each request its session and each response its cookie."""

    def __init__(self, cookie_name: str, *, secure: bool) -> None:
        self._cookie_name = cookie_name
        self._secure = secure
        self._stored: OrderedDict[str, StoredSession] = OrderedDict()
        self._lock = Lock()

    def end(self, is_ended: Callable[[Any], bool]) -> int:
        """End the sessions of each identity for which `is_ended` is true; return their number."""
        with self._lock:
            ended = [each for each in self._stored.values() if "identity" in each and is_ended(each["identity"])]
            for session in ended:
                self._stored.pop(str(session.identifier))
                session.clear()  # a request may be using it now
        return len(ended)

    def open_session(self, app: Flask, request: Request) -> StoredSession:  # noqa: ARG002 - Flask's interface
        now = time.time()
        with self._lock:
            session = self._stored.get(request.cookies.get(self._cookie_name, ""))
            if session is None or now - session.used_at > IDLE_SECONDS:
                return StoredSession()
            session.used_at = now
            self._stored.move_to_end(str(session.identifier))
            return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        assert isinstance(session, StoredSession)  # noqa: S101 - open_session made it
        current = g.pop("new_session", session)
        with self._lock:
            if not session and session.identifier:
                self._stored.pop(session.identifier, None)
            if not current:
                if session.identifier:
                    response.delete_cookie(self._cookie_name, path="/")
                return
            if current.identifier:
                return
            current.identifier = secrets.token_urlsafe(32)
            self._stored[current.identifier] = current
            while len(self._stored) > MOST_SESSIONS:
                self._stored.popitem(last=False)
        # Lax: the identity provider, another site, returns the browser by a link or a redirect.
        response.set_cookie(
            self._cookie_name, current.identifier, path="/", httponly=True, samesite="Lax", secure=self._secure
        )
