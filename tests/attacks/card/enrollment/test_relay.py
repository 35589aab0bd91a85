"""A signature, a ticket or a handle counts for one draft in one browser, once. Each test says what it prevents."""

import pytest
from sqlalchemy import select

from card_bridge.workstation.virtual.personas import DOCTOR
from enrollment.requests.models import EnrollmentRequest
from tests.actors.card import OTHER_ORIGIN
from tests.fixtures.card_enrollment import a_card_holder


@pytest.fixture
def victim(newcomer):
    """A person with her card, at the page that reads it."""
    newcomer.comes_to_the_reading()
    return newcomer


@pytest.fixture
def attacker(card_region, authority):
    """The attacker's browser, with a draft and a card of its own."""
    attacker = a_card_holder(card_region, authority, DOCTOR)
    attacker.comes_to_the_reading()
    return attacker


@pytest.fixture
def cards_kept(card_region):
    def kept():
        with card_region.enrollment.services.database.transaction() as session:
            return [each for each in session.scalars(select(EnrollmentRequest.card_identity)) if each is not None]

    return kept


def refused(page):
    """Whether the page has the sentence of a challenge that does not count."""
    return page.status == 422 and "vient d’une autre page" in page.text


def test_a_page_that_imitates_ours_obtains_a_signature_of_no_use(attacker, victim, cards_kept):
    nonce = attacker.is_challenged()
    page = attacker.posts(victim.signs(nonce, origin=OTHER_ORIGIN), nonce)
    assert (page.status, "n’a pas signé la demande de ce site" in page.text) == (422, True)
    assert cards_kept() == []


def test_a_signature_for_a_login_fills_in_no_request(attacker, victim, cards_kept):
    nonce = attacker.is_challenged()
    assert attacker.posts(victim.signs(nonce, purpose="login"), nonce).status == 422
    assert cards_kept() == []


def test_a_signature_for_a_request_logs_nobody_in(card_region, victim):
    """The purpose is signed: the identity provider asks enrollment's for nothing else, and its own for a login."""
    nonce = victim.is_challenged()
    assertion = victim.signs(nonce)
    browser = card_region.a_browser()
    page = browser.visits(f"{card_region.idp.issuer}/account")
    assert browser.submits(page.form_with("assertion", "nonce"), assertion=assertion, nonce=nonce).status == 422


def test_a_challenge_counts_once_and_in_its_own_draft(attacker, victim, cards_kept):
    nonce = victim.is_challenged()
    assertion = victim.signs(nonce)
    assert refused(attacker.posts(assertion, nonce))
    victim.posts(assertion, nonce)
    victim.presses("Ce n’est pas ma carte")
    victim.sends("card", card="yes")
    assert refused(victim.posts(assertion, nonce))
    assert cards_kept() == []


def test_an_attacker_s_ticket_signed_by_the_victim_fills_in_neither_request(attacker, victim, cards_kept):
    return_to = victim.answers_ticket(attacker.goes_to_software())
    assert refused(victim.browser.visits(return_to))
    assert cards_kept() == []


def test_an_attacker_s_card_is_not_planted_in_the_victim_s_request(attacker, victim, cards_kept):
    """Prevents: a request of the victim that is accepted, and whose account the attacker's card opens."""
    return_to = attacker.answers_ticket(attacker.goes_to_software())
    assert refused(victim.browser.visits(return_to))
    assert cards_kept() == []


def test_a_handle_counts_once(victim, cards_kept):
    return_to = victim.answers_ticket(victim.goes_to_software())
    victim.browser.visits(return_to)
    victim.presses("Ce n’est pas ma carte")
    assert refused(victim.browser.visits(return_to))
    assert cards_kept() == []


def test_a_ticket_takes_one_assertion(victim):
    ticket = victim.goes_to_software()
    victim.answers_ticket(ticket)
    assert victim.software_asks("GET", ticket).status_code == 404
    assert victim.software_asks("POST", ticket, json={"assertion": "{}"}).status_code == 404


def test_after_a_wrong_pin_the_latest_challenge_of_a_ticket_counts(victim, cards_kept):
    ticket = victim.goes_to_software()
    first = victim.software_asks("GET", ticket).get_json()["nonce"]
    victim.software_asks("GET", ticket)
    answer = victim.software_asks("POST", ticket, json={"assertion": victim.signs(first)})
    assert victim.browser.visits(answer.get_json()["return_to"]).status == 422
    assert cards_kept() == []


@pytest.mark.parametrize("ticket", ["a", "a" * 43, "%2e%2e", "é"])
def test_a_ticket_that_was_never_made_is_not_found(victim, ticket):
    assert victim.software_asks("GET", ticket).status_code == 404
    assert victim.software_asks("POST", ticket, json={"assertion": "{}"}).status_code == 404


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"data": "{}"}, 415),
        ({"json": {}}, 400),
        ({"json": []}, 400),
        ({"json": {"assertion": 1}}, 400),
        ({"data": b"\xff", "content_type": "application/json"}, 400),
        ({"json": {"assertion": "a" * 9000}}, 413),
    ],
)
def test_what_is_not_an_assertion_is_refused_and_leaves_the_ticket(victim, request_, status):
    ticket = victim.goes_to_software()
    assert victim.software_asks("POST", ticket, **request_).status_code == status
    assert victim.software_asks("GET", ticket).status_code == 200


def test_many_requests_of_one_address_do_not_use_up_the_readings_of_the_region(attacker, victim, frozen):
    attacker.browser._address = "198.51.100.7"
    statuses = []
    for _ in range(3):  # for a request, thirty
        attacker.comes_to_the_reading()
        nonce = attacker.is_challenged()
        for _ in range(25):
            statuses.append(attacker.posts("{}", nonce).status)
            attacker.visits("/request/card/read")
    assert (set(statuses[:50]), statuses[-1]) == ({422}, 429)
    assert victim.posts("{}", victim.is_challenged()).status == 422


def test_the_card_of_one_request_is_looked_at_a_limited_number_of_times(victim, frozen):
    nonce = victim.is_challenged()
    for _ in range(31):
        page = victim.posts("{}", nonce)
    assert "Trop de lectures" in page.text
