"""Prevents: the unknown card of a person who has left, in the request of the next one at the workstation.

Without this, the next person within minutes asks for an account in the name of the card's holder, with a mailbox of
their own, and operators read that the card has proved who they are.
"""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.accounts.unknown_cards import KEPT_FOR, PRESSED_WITHIN, BrowserState, UnknownCards
from tests.builders.cards import a_card

A_SECOND = timedelta(seconds=1)
DRAFT = "d" * 64
WORKSTATION = BrowserState(identifier="b" * 43, cookies="\n")
AFTER_A_LOGIN = BrowserState(identifier="b" * 43, cookies="session\ndevice")
ELSEWHERE = BrowserState(identifier="e" * 43, cookies="\n")


@pytest.fixture
def cards(store):
    return UnknownCards(store)


@pytest.fixture
def token(cards):
    """That of the page which says that no account has the card."""
    return cards.remember(a_card(), browser=WORKSTATION)


def takes(cards, token, browser=WORKSTATION):
    return cards.hand_over(token, browser=browser, draft=DRAFT) is not None


def test_the_card_is_handed_over_once(cards, token):
    assert cards.prolong(token, browser=WORKSTATION)
    handle = cards.hand_over(token, browser=WORKSTATION, draft=DRAFT)
    assert cards.redeem(handle, draft=DRAFT) == a_card()
    assert cards.redeem(handle, draft=DRAFT) is None
    assert not takes(cards, token)


@pytest.mark.parametrize("guess", ["", "yes", "a" * 43])
def test_nothing_but_the_token_of_the_page_finds_it(cards, token, guess):
    assert not cards.prolong(guess, browser=WORKSTATION)
    assert not takes(cards, guess)
    assert takes(cards, token), "and a guess takes nothing from the holder of the card"


@pytest.mark.parametrize("browser", [ELSEWHERE, AFTER_A_LOGIN], ids=["another browser", "a login or a logout since"])
def test_it_waits_for_its_browser_as_it_was(cards, token, browser):
    assert not cards.prolong(token, browser=browser)
    assert not takes(cards, token, browser)


def test_the_button_of_a_page_that_was_left_open_counts_for_a_minute(clock, cards, token):
    clock.shift(PRESSED_WITHIN + A_SECOND)
    assert not cards.prolong(token, browser=WORKSTATION)
    assert not takes(cards, token)


@pytest.mark.parametrize(("passes", "is_kept"), [(KEPT_FOR - A_SECOND, True), (KEPT_FOR + A_SECOND, False)])
def test_the_conditions_of_use_are_read_within_five_minutes(clock, cards, token, passes, is_kept):
    cards.prolong(token, browser=WORKSTATION)
    clock.shift(passes)
    assert takes(cards, token) is is_kept


def test_the_page_of_an_earlier_card_has_nothing_any_more(cards, token):
    later = cards.remember(a_card(serial="8025000001/9970000009"), browser=WORKSTATION)
    assert not takes(cards, token)
    assert takes(cards, later)


def test_what_the_next_person_does_in_the_browser_finds_no_card(card_region, newcomer, jeanne):
    """They ask for an account from the login page, by an address that they type, and after another login."""
    issuer, browser = card_region.idp.issuer, newcomer.browser
    browser.visits(f"{issuer}/account")
    button = newcomer.card.logs_in(browser).link("Demander un compte")
    browser.visits(f"{issuer}/account")
    assert "vient d’être lue" not in browser.follows("Demander un compte").text
    assert "vient d’être lue" not in browser.visits(f"{issuer}/card/request?card=yes").text
    assert "vient d’être lue" in browser.visits(button).text
    card = parse_qs(urlsplit(browser.page.url).query)["card"][0]
    browser.visits(f"{issuer}/account")
    browser.gives(jeanne)
    assert "vient d’être lue" not in browser.visits(button).text
    location = browser.asks(f"{issuer}/card/enrollment?card={card}&draft={DRAFT}").headers["Location"]
    assert "handle=" not in location
