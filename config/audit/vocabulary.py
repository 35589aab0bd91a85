"""The words of the audit trail: each package declares the kinds of line that it writes."""

from enum import StrEnum


class AuditKind(StrEnum):
    """What kind of thing a line tells, as "subject.verb". It has no members: a package's own enum derives from it.

    A vocabulary is closed: no word changes meaning, and one no longer written stays listed.
    """


class TrailAuditKind(AuditKind):
    """What the audit trail tells of itself, in every service."""

    AUDIT_PRUNED = "audit.pruned"
    AUDIT_ERASED = "audit.erased"
    AUDIT_RULES_RESTORED = "audit.rules-restored"
