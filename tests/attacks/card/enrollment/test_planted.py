"""Prevents: an attacker's card in the request of a victim, whose account it would open; a card taken twice."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from card_bridge.workstation.virtual.personas import NURSE
from enrollment.requests.models import EnrollmentRequest
from tests.fixtures.card_enrollment import a_card_holder


@pytest.fixture
def attacker(card_region, authority):
    """Has just proved a card that no account knows, and begun a request of their own."""
    attacker = a_card_holder(card_region, authority, NURSE)
    attacker.browser.visits(f"{card_region.idp.issuer}/account")
    attacker.card.logs_in(attacker.browser)
    return attacker


@pytest.fixture
def victim(newcomer):
    """At the first step of her request."""
    newcomer.begins()
    return newcomer


@pytest.fixture
def cards_kept(card_region):
    def kept():
        with card_region.enrollment.services.database.transaction() as session:
            return [each for each in session.scalars(select(EnrollmentRequest.card_identity)) if each is not None]

    return kept


def pressed(person):
    """The token with which the button of the refusal leads to enrollment; "" when no card waits."""
    answer = person.browser.asks(person.browser.page.link("Demander un compte"))
    return parse_qs(urlsplit(answer.headers["Location"]).query).get("card", [""])[0]


def handle_for(person, draft, *, card):
    """The handle with which the identity provider sends this person's browser back, if any."""
    answer = person.browser.asks(f"{person.region.idp.issuer}/card/enrollment?card={card}&draft={draft}")
    return parse_qs(urlsplit(answer.headers["Location"]).query).get("handle", [""])[0]


def is_forgotten(page):
    return page.status == 422 and "n’est plus valable" in page.text


def test_a_link_to_the_request_with_a_card_takes_none_of_another_browser(attacker, newcomer, cards_kept):
    newcomer.visits(f"/?card={pressed(attacker)}")
    assert is_forgotten(newcomer.sends("conditions", conditions="accepted"))
    assert cards_kept() == []


def test_a_handle_planted_in_another_browser_fills_in_nothing(attacker, victim, cards_kept):
    handle = handle_for(attacker, "a" * 64, card=pressed(attacker))
    assert handle
    assert is_forgotten(victim.visits(f"/request/card/known?handle={handle}"))
    assert cards_kept() == []


def test_a_handle_of_another_draft_is_of_no_use_in_the_browser_that_proved_the_card(attacker, cards_kept):
    handle = handle_for(attacker, "b" * 64, card=pressed(attacker))
    assert is_forgotten(attacker.begins() and attacker.visits(f"/request/card/known?handle={handle}"))
    assert cards_kept() == []


def test_a_card_and_its_handle_count_once(attacker, cards_kept):
    card = pressed(attacker)
    attacker.browser.follows("Demander un compte")
    attacker.sends("conditions", conditions="accepted")
    assert len(cards_kept()) == 1
    assert handle_for(attacker, "a" * 64, card=card) == ""


@pytest.mark.parametrize("draft", ["", "a", "A" * 64, "a" * 65, "é" * 64, "a" * 63 + "%0a"])
def test_a_draft_that_enrollment_cannot_have_named_gets_no_handle(attacker, draft):
    card = pressed(attacker)
    assert handle_for(attacker, draft, card=card) == ""
    assert handle_for(attacker, "a" * 64, card=card)


@pytest.mark.parametrize("handle", ["", "a", "é" * 43, "a" * 44, "a" * 43])
def test_a_handle_that_was_never_given_is_not_known(victim, handle, cards_kept):
    assert is_forgotten(victim.visits(f"/request/card/known?handle={handle}"))
    assert cards_kept() == []


def test_the_browser_returns_to_enrollment_alone(attacker):
    address = f"{attacker.region.idp.issuer}/card/enrollment?card={pressed(attacker)}&draft={'a' * 64}&back=https://evil.example/"
    assert attacker.browser.asks(address).headers["Location"].startswith(f"{attacker.address}/request/card/known?")
