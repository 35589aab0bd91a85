"""What enrollment keeps in its store. A request and its draft are in the database: they must not be forgotten.

The kinds of both services are in `config/redis/store.py` and `card_bridge/verification/record_kinds.py`.
"""

from config.redis.store import RecordKind


class EnrollmentRecord(RecordKind):
    """The kind of a record, which begins its key."""

    CHALLENGE = "challenge"  # a proof of work that was accepted: it counts once
    SIGN_IN = "sign-in"  # an operator's sign-in under way at the identity provider
    OPERATOR_SESSION = "operator-session"
    SESSIONS_OF = "sessions-of"  # the sessions of a session of the identity provider, and of an account
    LOGGED_OUT = "logged-out"  # when a session, or all those of an account, ended: no earlier sign-in is completed
    LOGOUT_TOKEN = "logout-token"  # noqa: S105 - a kind; a token that was accepted: it counts once
