"""What the registry writes in the audit trail of the service that keeps it."""

from config.audit.vocabulary import AuditKind


class RegistryAuditKind(AuditKind):
    """What happened to a relying party or to a source of metadata."""

    APPLICATION_REGISTERED = "application.registered"
    APPLICATION_AMENDED = "application.amended"
    APPLICATION_SUSPENDED = "application.suspended"
    APPLICATION_RESUMED = "application.resumed"
    SECRET_ROTATED = "secret.rotated"  # noqa: S105
    METADATA_SOURCE_ADDED = "metadata-source.added"
    METADATA_SOURCE_AMENDED = "metadata-source.amended"
    METADATA_SOURCE_REMOVED = "metadata-source.removed"
    METADATA_WITHDRAWN = "metadata.withdrawn"
