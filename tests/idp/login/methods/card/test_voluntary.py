"""An application that would like the card: the person uses it, or goes on without it.

OpenID Connect Core 1.0, sections 3.1.2.1 and 5.5.1.1: `acr_values`, and an `acr` that is not essential, are voluntary.
"""

import json

import pytest

from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel

CARD, PASSWORD = CLASS[AssuranceLevel.CARD], CLASS[AssuranceLevel.PASSWORD]
CLAIM = json.dumps({"id_token": {"acr": {"values": [CARD]}}})
WITHOUT = "Continuer sans ma carte"


@pytest.fixture(params=[{"acr_values": CARD}, {"claims": CLAIM}], ids=["acr_values", "claims"])
def wished(request) -> dict[str, str]:
    return request.param


@pytest.mark.usefixtures("card")
def test_the_card_is_offered_first_and_the_person_may_go_on_without_it(browser, jeanne, perinat, wished):
    page = browser.logs_in(jeanne, to=perinat, **wished)
    assert page.asks_for("assertion")
    assert "demande, si vous le pouvez, une autre preuve" in page.text
    claims = perinat.signs_in(browser.submits(page.form_of(WITHOUT))).claims
    assert (claims["acr"], claims["amr"]) == (PASSWORD, ["pwd"])


def test_the_card_is_what_the_answer_says_once_it_was_used(browser, jeanne, perinat, card, wished):
    browser.logs_in(jeanne, to=perinat, **wished)
    assert perinat.signs_in(card.logs_in(browser)).claims["acr"] == CARD


@pytest.mark.usefixtures("card")
def test_the_choice_is_of_one_login(browser, jeanne, dcc, perinat):
    """Another login that is under way, and the next one, offer the card again."""
    browser.logs_in(jeanne, to=perinat)
    tab = browser.another_tab()
    tab.visits(dcc.asks(acr_values=CARD))
    perinat.signs_in(browser.submits(browser.visits(perinat.asks(acr_values=CARD)).form_of(WITHOUT)))
    assert tab.visits(tab.page.url).form_of(WITHOUT)
    assert browser.visits(perinat.asks(acr_values=CARD)).form_of(WITHOUT)


@pytest.mark.usefixtures("card")
def test_a_request_that_forbids_pages_is_answered_without_the_card(browser, jeanne, perinat, wished):
    """Section 5.5.1.1: "SHOULD return the session's current acr as the value of the acr Claim"."""
    browser.logs_in(jeanne, to=perinat)
    assert perinat.signs_in(browser.visits(perinat.asks(prompt="none", **wished))).claims["acr"] == PASSWORD


@pytest.mark.usefixtures("card")
def test_a_card_that_was_refused_leaves_the_way_without_it(browser, jeanne, perinat, another_card):
    browser.logs_in(jeanne, to=perinat, acr_values=CARD)
    another_card.logs_in(browser)
    page = browser.visits(browser.history[-2].url)
    assert perinat.signs_in(browser.submits(page.form_of(WITHOUT))).claims["acr"] == PASSWORD


@pytest.mark.usefixtures("card")
def test_the_way_without_is_there_in_english(idp, jeanne, perinat):
    page = idp.a_browser(languages="en").logs_in(jeanne, to=perinat, acr_values=CARD)
    assert "would like a proof besides the one that you have given" in page.text
    assert page.form_of("Continue without my card")
