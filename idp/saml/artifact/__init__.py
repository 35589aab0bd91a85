"""Artifacts: issued, resolved for service providers, and fetched from them."""
