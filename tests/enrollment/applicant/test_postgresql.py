"""The same on PostgreSQL: what locks a row, counts a reference or compares an address in other words there."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from config.sql.database import Database
from enrollment.migrations import MIGRATIONS
from enrollment.settings import EnrollmentSettings
from tests.actors.server import Server
from tests.enrollment.applicant.test_check import (
    test_a_request_is_sent_once_however_often_the_button_is_pressed,
    test_the_address_is_corrected_and_the_first_link_is_void,
)
from tests.enrollment.applicant.test_invitation import (
    invited,
    test_an_invitation_withdrawn_meanwhile_approves_nothing,
    test_the_mailbox_that_was_invited_is_verified,
)
from tests.enrollment.applicant.test_resume import at_home, test_a_draft_survives_a_closed_browser
from tests.enrollment.applicant.test_status import (
    asks_for_more,
    sent,
    test_a_person_erases_their_data,
    test_a_request_is_withdrawn_after_one_question,
    test_only_the_fields_that_are_asked_are_open,
)
from tests.fixtures.services_postgresql import PostgreSQL, start_postgresql

__all__ = [
    "asks_for_more", "at_home", "invited", "sent", "test_a_draft_survives_a_closed_browser",
    "test_a_person_erases_their_data", "test_a_request_is_sent_once_however_often_the_button_is_pressed",
    "test_a_request_is_withdrawn_after_one_question", "test_an_invitation_withdrawn_meanwhile_approves_nothing",
    "test_only_the_fields_that_are_asked_are_open", "test_the_address_is_corrected_and_the_first_link_is_void",
    "test_the_mailbox_that_was_invited_is_verified",
]  # fmt: skip

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
