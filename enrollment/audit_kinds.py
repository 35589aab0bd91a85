"""What enrollment writes in its audit trail."""

from typing import Final

from config.audit.vocabulary import AuditKind, BackupAuditKind, TrailAuditKind


class EnrollmentAuditKind(AuditKind):
    """What happened to a request, an invitation, a rule or the register."""

    # --- by the person who asks
    REQUEST_SENT = "request.sent"
    EMAIL_VERIFIED = "email.verified"
    REQUEST_ANSWERED = "request.answered"
    REQUEST_WITHDRAWN = "request.withdrawn"
    # --- by an operator
    OPERATOR_SIGNED_IN = "operator.signed-in"
    OPERATOR_SIGNED_OUT = "operator.signed-out"
    BEGUN_IN_PERSON = "request.begun-in-person"
    REQUEST_READ = "request.read"
    QUEUE_EXPORTED = "queue.exported"
    REQUEST_ASSIGNED = "request.assigned"
    MORE_ASKED = "request.more-asked"
    ACCOUNT_RECOGNISED = "request.account-recognised"
    PART_VOTED = "part.voted"
    PART_DECIDED = "part.decided"
    DELIVERY_RETRIED = "delivery.retried"
    RULE_CHANGED = "rule.changed"
    INVITATION_SENT = "invitation.sent"
    INVITATION_USED = "invitation.used"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    # --- by the service itself, or by a command
    REQUEST_DELIVERED = "request.delivered"
    REQUEST_LAPSED = "request.lapsed"
    REQUEST_EXPORTED = "request.exported"
    REQUEST_ERASED = "request.erased"
    REQUESTS_PURGED = "requests.purged"
    REGISTER_IMPORTED = "register.imported"


VOCABULARY: Final[tuple[AuditKind, ...]] = (*EnrollmentAuditKind, *BackupAuditKind, *TrailAuditKind)
"""Every kind that a line of enrollment's audit trail can have."""
