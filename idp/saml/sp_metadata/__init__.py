"""Metadata of service providers fetched and verified: from addresses, aggregates and query services."""
