"""The same on PostgreSQL, which refuses what SQLite keeps: texts that are too long, NUL, numbers out of range."""

import pytest

from tests.attacks.enrollment.test_hostile_input import (
    inside,
    test_no_input_to_any_address_is_a_fault_of_ours_or_becomes_markup,
)
from tests.fixtures.enrollment_postgresql import enrollment_database, enrollment_settings, postgresql

__all__ = [
    "enrollment_database",
    "enrollment_settings",
    "inside",
    "postgresql",
    "test_no_input_to_any_address_is_a_fault_of_ours_or_becomes_markup",
]

pytestmark = pytest.mark.postgresql
