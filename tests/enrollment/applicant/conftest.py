"""A person before enrollment's pages (tests/fixtures/applicant.py)."""

from tests.fixtures.applicant import eloise, enrollment_settings, offering, request_of

__all__ = ["eloise", "enrollment_settings", "offering", "request_of"]
