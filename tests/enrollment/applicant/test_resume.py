"""A draft is resumed and a request followed by a mailed link, and a stranger learns nothing by asking for one."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.actors.applicant import Applicant
from tests.enrollment.applicant.test_check import the_link

EMAIL = "eloise.daubrac@exemple.test"


@pytest.fixture
def at_home(enrollment):
    """Another browser of hers."""
    return Applicant(enrollment.a_browser(), enrollment.address)


def test_a_draft_survives_a_closed_browser(eloise, at_home, enrollment, request_of):
    eloise.begins()
    eloise.has_no_card()
    eloise.says_who_they_are()
    at_home.visits("/resume")
    at_home.sends("email", email=EMAIL)
    at_home.browser.visits(the_link(enrollment.letters()[0]))
    page = at_home.presses("Reprendre ma demande ici")
    assert page.path == "/request/profile"
    assert eloise.visits("/request/profile").status == 404, "the draft is open in one browser"
    assert request_of().given_name == "Éloïse"


def test_a_link_to_resume_is_good_once(eloise, at_home, enrollment):
    eloise.begins()
    eloise.has_no_card()
    eloise.says_who_they_are()
    eloise.visits("/resume")
    eloise.sends("email", email=EMAIL)
    link = the_link(enrollment.letters()[0])
    at_home.browser.visits(link)
    at_home.presses("Reprendre ma demande ici")
    page = eloise.browser.visits(link)
    assert (page.status, page.link_to("/resume").words) == (410, "Recevoir un autre lien")


def test_a_link_to_resume_ends(eloise, enrollment):
    eloise.begins()
    eloise.visits("/resume")
    eloise.sends("email", email=EMAIL)
    link = the_link(enrollment.letters()[0])
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=73), tick=True):
        assert eloise.browser.visits(link).status == 410


def test_a_draft_without_an_address_gets_the_one_that_the_link_is_asked_for(eloise, enrollment, request_of):
    eloise.begins()
    eloise.visits("/resume")
    eloise.sends("email", email=EMAIL)
    assert request_of().email == EMAIL
    assert len(enrollment.letters()) == 1


def test_a_request_is_followed_by_a_link(eloise, at_home, enrollment):
    eloise.sends_a_request()
    eloise.browser.visits(the_link(enrollment.letters()[0]))
    eloise.presses("Confirmer mon adresse")
    at_home.visits("/follow")
    at_home.sends("email", email=EMAIL.upper())
    page = at_home.browser.visits(the_link(enrollment.letters()[-1]))
    assert (page.status, page.path.startswith("/status/")) == (200, True)


def test_a_visitor_who_asks_for_another_persons_link_learns_nothing(eloise, at_home, enrollment):
    eloise.sends_a_request()
    answers = []
    for email in (EMAIL, "personne.inconnue@exemple.test"):
        at_home.visits("/follow")
        page = at_home.sends("email", email=email)
        answers.append((page.status, page.text.replace(email, "")))
    assert answers[0] == answers[1]
    assert [letter["To"] for letter in enrollment.letters()] == [EMAIL, EMAIL]


def test_an_address_that_cannot_be_one_is_said_so(at_home):
    at_home.visits("/resume")
    assert at_home.sends("email", email="eloise").status == 422
    assert at_home.sends("email", email="").status == 422
