"""The address is verified by the press of a button, before any operator sees the request."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.enrollment.applicant.test_check import the_link


@pytest.fixture
def link(eloise, enrollment):
    """The link in her letter."""
    eloise.sends_a_request("application:dcc", "community:onco-centre")
    return the_link(enrollment.letters()[0])


def test_the_button_verifies_and_the_request_is_in_the_queue(eloise, enrollment, request_of, link):
    page = eloise.browser.visits(link)
    assert page.form_of("Confirmer mon adresse")
    page = eloise.presses("Confirmer mon adresse")
    assert page.path.startswith("/status/")
    assert "À l’étude" in page.text
    verified = request_of()
    assert (verified.state, verified.email_verified_at is not None) == ("pending", True)
    assert enrollment.trail() == ["request.sent", "email.verified"]
    assert "/status/" in the_link(enrollment.letters()[-1])


def test_a_scanner_that_opens_the_link_verifies_nothing(eloise, request_of, link):
    for _ in range(3):
        eloise.browser.asks(link)
    assert request_of().state == "unverified"
    eloise.browser.visits(link)
    eloise.presses("Confirmer mon adresse")
    assert request_of().state == "pending"


def test_a_link_that_is_pressed_twice_says_that_all_is_well(eloise, request_of, link):
    form = eloise.browser.visits(link)
    eloise.presses("Confirmer mon adresse")
    eloise.browser.history.append(form)
    page = eloise.presses("Confirmer mon adresse")
    assert (page.status, "est déjà transmise" in page.text) == (200, True)
    assert request_of().state == "pending"


def test_a_link_that_has_expired_offers_another(eloise, enrollment, request_of, link):
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=73), tick=True):
        page = eloise.browser.visits(link)
        assert page.status == 410
        assert "a expiré" in page.text
        page = eloise.presses("Recevoir un autre lien")
        assert "Un autre lien est envoyé" in page.text
        eloise.browser.visits(the_link(enrollment.letters()[-1]))
        eloise.presses("Confirmer mon adresse")
    assert request_of().state == "pending"


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 300, "%00", "..%2f", "%C3%A9" * 8])
@pytest.mark.parametrize("path", ["verify", "resume", "status"])
def test_a_forged_link_is_a_clear_page_with_a_way_on(eloise, path, token):
    page = eloise.visits(f"/{path}/{token}")
    assert page.status == 404
    assert page.links


def test_another_browser_may_verify(enrollment, request_of, link):
    from tests.actors.applicant import Applicant

    elsewhere = Applicant(enrollment.a_browser(), enrollment.address)
    elsewhere.browser.visits(link)
    assert elsewhere.presses("Confirmer mon adresse").path.startswith("/status/")
    assert request_of().state == "pending"
