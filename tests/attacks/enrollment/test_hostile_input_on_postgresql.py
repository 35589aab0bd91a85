"""The same on PostgreSQL, which refuses what SQLite keeps: texts that are too long, NUL, numbers out of range."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from config.sql.database import Database
from enrollment.migrations import MIGRATIONS
from enrollment.settings import EnrollmentSettings
from tests.actors.server import Server
from tests.attacks.enrollment.test_hostile_input import (
    inside,
    test_no_input_to_any_address_is_a_fault_of_ours_or_becomes_markup,
)
from tests.fixtures.services_postgresql import PostgreSQL, start_postgresql

__all__ = ["inside", "test_no_input_to_any_address_is_a_fault_of_ours_or_becomes_markup"]

pytestmark = pytest.mark.postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with start_postgresql() as server:
        yield server


@pytest.fixture
def enrollment_settings(
    enrollment_settings: EnrollmentSettings, offering: Server, postgresql: PostgreSQL
) -> Iterator[EnrollmentSettings]:
    with postgresql.empty_database("enrollment") as address:
        yield replace(enrollment_settings, idp_issuer=offering.address, database_url=address)


@pytest.fixture
def enrollment_database(enrollment_settings: EnrollmentSettings) -> Iterator[Database]:
    database = Database.open(enrollment_settings)
    MIGRATIONS.migrate(database)
    yield database
    database.close()
