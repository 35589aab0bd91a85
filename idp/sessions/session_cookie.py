"""The session cookie: its name, and its value `<sid>.<secret>`."""

from dataclasses import dataclass
from typing import Final

from config.redis.store import fingerprint

SESSION_COOKIE: Final = "session"
LONGEST_VALUE: Final = 128  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCookie:
    """The parts of a session cookie: the sid, and the fingerprint of the secret. Neither is verified yet."""

    sid: str
    secret_fingerprint: str


def parse_session_cookie(value: str | None) -> SessionCookie | None:
    """The parts of a session cookie, or None when there is no cookie or it is too long to be ours."""
    if not value or len(value) > LONGEST_VALUE:
        return None
    sid, _, secret = value.partition(".")
    return SessionCookie(sid=sid, secret_fingerprint=fingerprint(secret))
