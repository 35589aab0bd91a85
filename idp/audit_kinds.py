"""The kinds of lines in the identity provider's audit trail."""

from typing import Final

from config.audit.vocabulary import AuditKind, BackupAuditKind, TrailAuditKind
from relying_parties.registry.audit_kinds import RegistryAuditKind


class IdpAuditKind(AuditKind):
    """Events of a person, a session, a key or the installation."""

    LOGIN_SUCCEEDED = "login.succeeded"
    LOGIN_REFUSED = "login.refused"
    SIGN_IN = "sign-in.answered"  # an application got an answer
    SESSION_ENDED = "session.ended"
    LOGOUT_NOTIFIED = "logout.notified"
    CODE_REPLAYED = "code.replayed"
    TOKEN_REFUSED = "token.refused"  # noqa: S105
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PASSWORD_SET = "password.set"  # noqa: S105
    PASSWORD_LINK_SENT = "password-link.sent"  # noqa: S105
    PASSWORD_LINK_USED = "password-link.used"  # noqa: S105
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    IDENTIFIER_ADDED = "identifier.added"
    IDENTIFIER_REMOVED = "identifier.removed"
    CARD_BOUND = "card.bound"
    CARD_WAITING = "card.waiting"
    CARD_ENDED = "card.ended"
    CARD_READ = "card.read"
    CARD_GRACE_USED = "card.grace-used"
    CARD_REMOVED = "card.removed"
    CONDITIONS_ACCEPTED = "conditions.accepted"
    ENTITLEMENT_GRANTED = "entitlement.granted"
    ENTITLEMENT_CHANGED = "entitlement.changed"
    ENTITLEMENT_WITHDRAWN = "entitlement.withdrawn"
    MEMBERSHIP_GRANTED = "membership.granted"
    MEMBERSHIP_CHANGED = "membership.changed"
    MEMBERSHIP_WITHDRAWN = "membership.withdrawn"
    COMMUNITY_ADDED = "community.added"
    COMMUNITY_CHANGED = "community.changed"
    COMMUNITY_REMOVED = "community.removed"
    OPERATOR_ROLE_GRANTED = "operator-role.granted"
    OPERATOR_ROLE_REVOKED = "operator-role.revoked"
    REQUEST_PROVISIONED = "request.provisioned"
    LETTER_PREVIEWED = "letter.previewed"
    ACCOUNTS_MATCHED = "accounts.matched"
    API_REFUSED = "api.refused"
    API_FORBIDDEN = "api.forbidden"
    KEYS_MADE = "keys.made"
    KEYS_ROTATED = "keys.rotated"
    KEY_CUT_OVER = "key.cut-over"


VOCABULARY: Final[tuple[AuditKind, ...]] = (*IdpAuditKind, *RegistryAuditKind, *BackupAuditKind, *TrailAuditKind)
"""Every kind that a line of the identity provider's audit trail can have."""
