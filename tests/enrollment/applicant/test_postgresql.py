"""The same on PostgreSQL: what locks a row, counts a reference or compares an address in other words there."""

import pytest

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
from tests.enrollment.delivery.test_withdrawal import (
    case,
    idp,
    service,
    test_what_is_being_sent_cannot_be_called_back,
    test_what_was_delivered_before_stays_and_the_page_says_so,
    test_withdrawn_before_anything_was_sent_nothing_is_ever_sent,
)
from tests.fixtures.enrollment_postgresql import enrollment_database, enrollment_settings, postgresql

__all__ = [
    "asks_for_more",
    "at_home",
    "case",
    "enrollment_database",
    "enrollment_settings",
    "idp",
    "invited",
    "postgresql",
    "sent",
    "service",
    "test_a_draft_survives_a_closed_browser",
    "test_a_person_erases_their_data",
    "test_a_request_is_sent_once_however_often_the_button_is_pressed",
    "test_a_request_is_withdrawn_after_one_question",
    "test_an_invitation_withdrawn_meanwhile_approves_nothing",
    "test_only_the_fields_that_are_asked_are_open",
    "test_the_address_is_corrected_and_the_first_link_is_void",
    "test_the_mailbox_that_was_invited_is_verified",
    "test_what_is_being_sent_cannot_be_called_back",
    "test_what_was_delivered_before_stays_and_the_page_says_so",
    "test_withdrawn_before_anything_was_sent_nothing_is_ever_sent",
]  # fmt: skip

pytestmark = pytest.mark.postgresql
