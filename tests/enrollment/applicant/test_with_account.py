"""More access and renewal: a person with an account signs in to show who they are, and answers steps 3 and 4 only."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from enrollment.sign_in.person import SignedInPerson
from enrollment.sign_in.provider import SignIn
from tests.enrollment.applicant.test_check import the_link

PERSON = SignedInPerson(
    subject="subject-of-eloise",
    sid="sid",
    name="Éloïse d’Aubrac",
    given_name="Éloïse",
    family_name="d’Aubrac",
    username="edaubrac",
    email="eloise.daubrac@exemple.test",
    roles=frozenset(),
    communities=frozenset({"onco-centre"}),
)


@pytest.fixture
def eloise(eloise, enrollment):
    """She has an account, and has signed in."""
    eloise.visits("/")
    secret = enrollment.services.sign_ins.open(SignIn(person=PERSON, id_token="an ID token", issued_at=0.0))
    eloise.browser.cookies["127.0.0.1"]["__Host-enrollment-session"] = secret
    return eloise


def test_a_person_with_an_account_answers_two_steps(eloise, enrollment, request_of):
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=1), tick=True):
        page = eloise.visits("/more?application=dcc")
        assert "edaubrac" in page.text
        page = eloise.presses("Choisir mes accès", application="dcc")
        assert page.path == "/request/profile"
        assert "Étape 1 sur 2" in page.text
        page = eloise.chooses("application:dcc")
    assert page.path == "/request/check", "she belongs to Onco Centre already"
    assert "adresse de votre compte" in page.text
    assert eloise.finishes().path == "/request/sent"
    sent = request_of()
    assert (sent.kind, sent.state, sent.account_subject) == ("more_access", "pending", "subject-of-eloise")
    assert (sent.family_name, sent.given_name, sent.email) == ("d’Aubrac", "Éloïse", PERSON.email)
    assert the_link(enrollment.letters()[-1])


def test_a_request_with_an_account_asks_for_something(eloise):
    eloise.visits("/more")
    eloise.presses("Choisir mes accès")
    page = eloise.chooses()
    assert page.status == 422
    assert "au moins un accès" in page.text


def test_who_the_person_is_is_not_asked_again(eloise):
    eloise.visits("/more")
    eloise.presses("Choisir mes accès")
    assert eloise.visits("/request/person").path == "/request/profile"
    assert eloise.visits("/request/card").path == "/request/profile"


def test_access_that_ends_is_renewed(eloise, request_of):
    eloise.visits("/renew?application=perinat")
    page = eloise.presses("Choisir les accès à prolonger")
    assert page.path == "/request/profile"
    assert request_of().kind == "renewal"


def test_a_visitor_who_is_not_signed_in_is_not_shown_who_somebody_is(enrollment, offering):
    stranger = enrollment.a_browser()
    response = stranger.asks(f"{enrollment.address}/more")
    assert response.status_code in (303, 503)
    assert "Aubrac" not in response.text
