"""The kinds of audit entry. Each package declares those that it writes."""

from enum import StrEnum


class AuditKind(StrEnum):
    """The kind of an audit entry, written "subject.verb". A package's own enum derives from it.

    A kind never changes its meaning, and stays listed when it is no longer written.
    """


class BackupAuditKind(AuditKind):
    """The entries about backups, in every service."""

    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"


class TrailAuditKind(AuditKind):
    """The entries about the audit trail itself, in every service."""

    AUDIT_PRUNED = "audit.pruned"
    AUDIT_ERASED = "audit.erased"
    AUDIT_RULES_RESTORED = "audit.rules-restored"
