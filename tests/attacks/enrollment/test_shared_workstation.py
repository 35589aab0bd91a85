"""Prevents: reading or sending the request of the person who used this browser before, in their name.

Professionals share workstations, and a browser is seldom closed between two of them: its cookies stay.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from enrollment.requests.models import EnrollmentRequest
from enrollment.sign_in.provider import SignIn
from tests.enrollment.applicant.test_check import the_link
from tests.enrollment.applicant.test_with_account import PERSON

SESSION = "__Host-enrollment-session"
PAUL = replace(PERSON, subject="subject-of-paul", sid="sid-of-paul", username="pmartin", email="paul@exemple.test")


@pytest.fixture
def jar(eloise):
    eloise.visits("/")
    return eloise.browser.cookies["127.0.0.1"]


@pytest.fixture
def at_the_check(eloise, jar, enrollment, offering):
    """Éloïse, signed in, has come to the last step of a request for more access; the form of that step."""
    jar[SESSION] = session_of(enrollment, PERSON)
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=1), tick=True):
        eloise.visits("/more?application=dcc")
        eloise.presses("Choisir mes accès", application="dcc")
        return eloise.chooses("application:dcc").form_of("Terminer mon inscription")


def session_of(enrollment, person):
    return enrollment.services.sign_ins.open(SignIn(person=person, id_token="an ID token", issued_at=0.0))


def posted(eloise, form):
    return eloise.browser.asks(f"{eloise.address}/request/check", posting=form.fields)


def test_the_next_person_neither_reads_nor_sends_what_was_begun_with_an_account(
    eloise, enrollment, jar, at_the_check, request_of
):
    jar[SESSION] = session_of(enrollment, PAUL)
    for path in ("/request", "/request/profile", "/request/check"):
        page = eloise.visits(path)
        assert (page.status, "patientes" in page.text) == (404, False)
    assert "eloise.daubrac" not in eloise.visits("/resume").html
    assert posted(eloise, at_the_check).status_code == 404
    assert request_of().state == "draft"


def test_without_a_session_the_request_waits_for_its_person_to_sign_in(eloise, jar, at_the_check, request_of):
    """It is not lost: the sign-in leads back to it."""
    session = jar.pop(SESSION)
    for path in ("/request", "/request/profile", "/request/check"):
        answer = eloise.browser.asks(f"{eloise.address}{path}")
        assert answer.headers["Location"].startswith("/sign-in?then=%2Frequest")
    assert posted(eloise, at_the_check).headers["Location"] == "/sign-in?then=%2Frequest%2Fcheck"
    assert request_of().state == "draft"
    jar[SESSION] = session
    eloise.visits("/request/check")
    assert eloise.finishes().path == "/request/sent"
    assert request_of().account_subject == PERSON.subject


def test_a_link_to_resume_does_not_replace_the_sign_in(eloise, stranger, enrollment, at_the_check, request_of):
    """A mailbox that is read by others opens no request in the name of an account."""
    eloise.visits("/resume")
    eloise.sends("email", email=PERSON.email)
    stranger.browser.visits(the_link(enrollment.letters()[-1]))
    form = stranger.page.form_of("Reprendre ma demande ici")
    answer = stranger.browser.asks(stranger.page.url, posting=form.fields)
    assert answer.headers["Location"] == "/request"
    assert stranger.browser.asks(f"{stranger.address}/request").headers["Location"].startswith("/sign-in")
    assert request_of().state == "draft"


def test_the_request_that_another_person_begins_here_leaves_the_first_one_alone(
    eloise, enrollment, jar, at_the_check, request_of
):
    jar[SESSION] = session_of(enrollment, PAUL)
    eloise.visits("/more")
    eloise.presses("Choisir mes accès")
    with enrollment.services.database.transaction() as session:
        assert set(session.scalars(select(EnrollmentRequest.account_subject))) == {PERSON.subject, PAUL.subject}
