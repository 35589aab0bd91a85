"""Prevents: a person who declines the card that one application would like enters another, which demands it."""

import json

import pytest

from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel

CARD = CLASS[AssuranceLevel.CARD]
ESSENTIAL = {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": [CARD]}}})}
WITHOUT = "Continuer sans ma carte"


@pytest.fixture
def declines(browser, jeanne, perinat, card):
    """Jeanne's browser, at the page where she may go on without her card, and its form."""
    browser.logs_in(jeanne, to=perinat, acr_values=CARD)
    return browser.page.form_of(WITHOUT)


def has_way_without(page):
    return any(form.action.endswith("/decline") for form in page.forms)


@pytest.mark.parametrize("asked", [ESSENTIAL, ESSENTIAL | {"acr_values": CARD}, {}, {"acr_values": CARD}], ids=str)
def test_a_card_that_is_demanded_cannot_be_declined(idp, browser, dcc, declines, asked):
    if "claims" not in asked:
        idp.amends(dcc, lowest_assurance=AssuranceLevel.CARD)
    page = browser.visits(dcc.asks(**asked))
    assert page.asks_for("assertion")
    assert not has_way_without(page)
    shown = page.form_with("assertion").fields | {"person": declines.fields["person"]}
    assert browser.asks(f"{page.url}/decline", posting=shown).status_code == 303
    assert browser.visits(page.url).asks_for("assertion"), "the card is asked for, as before"


def test_what_is_demanded_stays_so_once_the_wish_is_declined(idp, browser, dcc, perinat, declines):
    """The application's terms rise while the page is open: a choice that was made does not count for them."""
    at = browser.page.url
    idp.amends(perinat, lowest_assurance=AssuranceLevel.CARD)
    page = browser.submits(declines)
    assert page.url == at
    assert page.asks_for("assertion")
    assert not has_way_without(page)


def test_a_form_of_another_login_declines_nothing(browser, dcc, declines):
    page = browser.visits(dcc.asks(acr_values=CARD))
    browser.asks(f"{page.url}/decline", posting=page.form_of(WITHOUT).fields | {"person": declines.fields["person"]})
    assert has_way_without(browser.visits(page.url))


def test_the_choice_of_one_person_is_not_that_of_the_next_one(idp, browser, jeanne, paul, perinat, card, another_card):
    """On a shared computer, in one login: Jeanne declines, says that the session is not hers, and Paul logs in."""
    idp.amends(perinat, confirm_identity=True)
    browser.logs_in(jeanne, to=perinat)
    browser.visits(perinat.asks(acr_values=CARD))
    browser.submits(browser.page.form_of(WITHOUT))
    browser.submits(browser.page.form_of("Ce n’est pas vous"))
    assert has_way_without(browser.gives(paul)), "Paul is asked for his card"


def test_a_page_of_the_person_before_declines_nothing(browser, paul, perinat, declines, another_card):
    tab = browser.another_tab()
    tab.visits(perinat.asks(prompt="login"))
    tab.gives(paul)
    assert has_way_without(browser.submits(declines)), "the page showed Jeanne's session, and this one is Paul's"


def test_nobody_declines_without_a_session(idp, browser, dcc, card):
    page = browser.visits(dcc.asks(acr_values=CARD))
    posted = page.form_with("login", "password").hidden | {"person": "0" * 32}
    assert browser.asks(f"{page.url}/decline", posting=posted).status_code == 303
    assert browser.visits(page.url).asks_for("login", "password")
