"""A card that has opened a session and is pulled, where an application demands that it stays (`card_removal`).

The token of the card software ends the session whichever door the signature came by.
"""

import json

import pytest

from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel, CardRemoval
from tests.actors.card import goes_to_browser_door, goes_to_software
from tests.journeys.test_logout import is_logged_out

ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [CLASS[AssuranceLevel.CARD]]}}})


def by_the_page(browser, card):
    return card.logs_in(browser)


def by_the_software(browser, card):
    return browser.visits(card.answers_ticket(goes_to_software(browser)))


BY_EACH_DOOR_OF_THE_SOFTWARE = pytest.mark.parametrize("by", [by_the_page, by_the_software])


@pytest.fixture(autouse=True)
def demanding(idp, dcc):
    idp.amends(dcc, card_removal=CardRemoval.END_SESSION)


@BY_EACH_DOOR_OF_THE_SOFTWARE
def test_the_session_that_the_card_has_opened_ends(browser, dcc, card, by):
    browser.visits(dcc.asks())
    assert dcc.signs_in(by(browser, card))
    assert not is_logged_out(browser, dcc)
    card.is_pulled()
    assert is_logged_out(browser, dcc)


@BY_EACH_DOOR_OF_THE_SOFTWARE
def test_the_session_to_which_the_card_was_added_ends(browser, jeanne, dcc, card, by):
    browser.logs_in(jeanne, to=dcc)
    browser.visits(dcc.asks(claims=ESSENTIAL))
    assert dcc.signs_in(by(browser, card))
    card.is_pulled()
    assert is_logged_out(browser, dcc)


def test_a_card_that_the_browser_has_shown_by_tls_is_watched_by_nobody(browser, dcc, card):
    """docs/deploy.md says so: there is no card software that could tell."""
    browser.visits(dcc.asks())
    assert dcc.signs_in(browser.visits(card.is_shown(goes_to_browser_door(browser)).headers["Location"]))
    card.is_pulled()
    assert not is_logged_out(browser, dcc)


def test_a_password_session_stays(browser, jeanne, dcc, card):
    browser.logs_in(jeanne, to=dcc)
    card.is_pulled()
    assert not is_logged_out(browser, dcc)
