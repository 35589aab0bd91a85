"""Prevents: an operator who ends the invitations of others; a mailbox that one file fills; a fault by a date; a stolen
session that mails thousands of strangers.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.enrollment.office.conftest import changed_enrollment_settings, matches, offered, provider, revoked, signed_in
from tests.enrollment.office.test_invitations_page import invite, invite_file, opened, waiting

__all__ = ["changed_enrollment_settings", "matches", "offered", "provider", "revoked", "signed_in"]


def withdrawal(browser):
    """What the form of the button sends; every operator who may invite can send it, whatever the page shows."""
    [row] = [form for form in browser.page.forms if form.action.endswith("/withdrawal")]
    return row


@pytest.fixture
def invited(enrollment, signed_in):
    """An approver of the community of cancer treatment has invited a person to it."""
    browser = opened(enrollment, signed_in("approver:community:onco-centre"))
    invite(browser, community="onco-centre")
    return withdrawal(browser)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("approver:application:perinat", 403),
        ("approver:community:onco-centre", 303),
        ("approver", 303),
        ("administrator", 303),
    ],
)
def test_an_invitation_is_withdrawn_by_those_who_answer_for_it(enrollment, signed_in, invited, role, status):
    other = opened(enrollment, signed_in(role, name="paul"))
    assert [form.action for form in other.page.forms].count(invited.action) == (status == 303)
    token = other.page.form_of("Inviter").fields["form_token"]
    assert other.asks(invited.action, posting={"form_token": token}).status_code == status
    assert len(waiting(enrollment)) == (status == 403)


def test_an_invitation_that_approves_nothing_is_withdrawn_by_its_operator_or_for_the_region(enrollment, signed_in):
    mine = opened(enrollment, signed_in("approver:application:perinat"))
    invite(mine)
    form = withdrawal(mine)
    other = opened(enrollment, signed_in("approver:application:perinat", name="paul"))
    token = other.page.form_of("Inviter").fields["form_token"]
    assert other.asks(form.action, posting={"form_token": token}).status_code == 403
    assert mine.submits(form).status == 200
    assert waiting(enrollment) == []


def test_a_file_sends_one_letter_to_a_mailbox(enrollment, signed_in):
    page = invite_file(
        opened(enrollment, signed_in("approver")), "email\nzoe@exemple.test\npaul@exemple.test\nZOE@exemple.test\n"
    )
    assert (page.status, "Ligne 4" in page.text.replace("\N{NO-BREAK SPACE}", " ")) == (422, True)
    assert enrollment.letters() == []


@pytest.mark.parametrize("until", ["9999-12-31", "2200-01-01"])
def test_a_day_that_no_calendar_of_ours_has_is_refused(enrollment, signed_in, until):
    page = invite(opened(enrollment, signed_in("approver")), until=until)
    assert (page.status, "Le dernier jour" in page.text) == (422, True)


def a_file_of(people, prefix="p"):
    return "email\n" + "".join(f"{prefix}{number}@exemple.test\n" for number in range(people))


@pytest.fixture
def three_an_hour(changed_enrollment_settings):
    changed_enrollment_settings["invitations_per_hour"] = 3


@pytest.mark.usefixtures("three_an_hour")
def test_an_operator_invites_so_many_people_an_hour_one_by_one_or_by_files(enrollment, signed_in):
    browser = opened(enrollment, signed_in("approver"))
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        invite(browser)
        page = invite_file(browser, a_file_of(3))
        assert (page.status, "3 personnes par heure" in page.text) == (422, True)
        assert len(enrollment.letters()) == 1, "of a file everybody is invited, or nobody"
        assert invite_file(browser, a_file_of(2)).status == 200
        assert invite(browser, email="paul@exemple.test").status == 422
        other = opened(enrollment, signed_in("approver", name="paul"))
        assert invite(other, email="paul@exemple.test").status == 200, "each operator counts alone"
        clock.shift(timedelta(hours=1, seconds=1))
        browser = opened(enrollment, signed_in("approver"))
        assert invite_file(browser, a_file_of(3, "q")).status == 200


@pytest.mark.usefixtures("three_an_hour")
def test_another_session_of_the_operator_invites_no_more(enrollment, signed_in):
    invite_file(opened(enrollment, signed_in("approver")), a_file_of(3))
    assert invite(opened(enrollment, signed_in("approver"))).status == 422
    assert len(enrollment.letters()) == 3


@pytest.mark.usefixtures("three_an_hour")
def test_a_file_that_is_refused_counts_for_nothing(enrollment, signed_in):
    browser = opened(enrollment, signed_in("approver"))
    assert invite_file(browser, a_file_of(2) + "wrong\n").status == 422
    assert invite_file(browser, a_file_of(3)).status == 200
