"""A person before enrollment with her card (tests/fixtures/card_enrollment.py)."""

from tests.fixtures.card_enrollment import card_region, newcomer, settings_of_region

__all__ = ["card_region", "newcomer", "settings_of_region"]
