"""The audit entries that the registry writes."""

from config.audit.vocabulary import AuditKind


class RegistryAuditKind(AuditKind):
    """Changes of a relying party or of a metadata source."""

    APPLICATION_REGISTERED = "application.registered"
    APPLICATION_AMENDED = "application.amended"
    APPLICATION_SUSPENDED = "application.suspended"
    APPLICATION_RESUMED = "application.resumed"
    SECRET_ROTATED = "secret.rotated"  # noqa: S105
    METADATA_SOURCE_ADDED = "metadata-source.added"
    METADATA_SOURCE_AMENDED = "metadata-source.amended"
    METADATA_SOURCE_REMOVED = "metadata-source.removed"
    METADATA_WITHDRAWN = "metadata.withdrawn"
