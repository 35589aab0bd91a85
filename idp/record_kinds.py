"""The kinds of records that the identity provider keeps in Redis, besides those of both services.

The others are in `config/redis/store.py` and `card_bridge/verification/record_kinds.py`.
"""

from config.redis.store import RecordKind


class IdpRecord(RecordKind):
    """The kind of a record, the first part of its key."""

    PENDING = "pending"
    ANSWERED = "answered"
    SESSION = "session"
    ACTIVE = "active"
    PARTICIPATION = "participation"
    UNKNOWN_CARD = "unknown-card"
    UNKNOWN_CARD_HANDLE = "unknown-card-handle"
    CARD_PRESENCE = "card-presence"
    CARD_REMOVED = "card-removed"
    SAML_SUBJECT = "saml-subject"
    LOGOUT = "logout"
    LOGOUT_TARGET = "logout-target"
    LOGOUT_AWAITED = "logout-awaited"
    ARTIFACT = "artifact"
    CODE = "code"
    GRANT = "grant"
    TOKEN = "token"  # noqa: S105  a kind, not a token
    PASSWORD_LINK = "password-link"  # noqa: S105
    EXPIRED_LINK = "expired-link"
    ONCE = "once"
    FAULT = "fault"
