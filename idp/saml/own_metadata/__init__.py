"""Our own metadata, for service providers."""
