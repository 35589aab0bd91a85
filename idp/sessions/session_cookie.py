"""The cookie of the single sign-on session: its name, and what its value holds (`<sid>.<secret>`)."""

from dataclasses import dataclass
from typing import Final

from config.redis.store import fingerprint

SESSION_COOKIE: Final = "session"
LONGEST_VALUE: Final = 128  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCookie:
    """The session that a cookie names, and the fingerprint of the secret that must open it; not yet verified."""

    sid: str
    secret_fingerprint: str


def parse_session_cookie(value: str | None) -> SessionCookie | None:
    """The parts of a session cookie, or None when there is no cookie or it is too long to be ours."""
    if not value or len(value) > LONGEST_VALUE:
        return None
    sid, _, secret = value.partition(".")
    return SessionCookie(sid=sid, secret_fingerprint=fingerprint(secret))
