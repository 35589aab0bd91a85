"""The card added to a session that a password opened."""

import json

from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel
from tests.actors.card import goes_to_software

CARD = CLASS[AssuranceLevel.CARD]
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [CARD]}}})


def test_a_password_session_steps_up_by_the_card_of_its_person(browser, jeanne, dcc, card):
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks(claims=ESSENTIAL))
    assert not page.asks_for("password"), "the password would add nothing"
    assert card.is_challenged(browser)["purpose"] == "step-up"
    second = dcc.signs_in(card.logs_in(browser))
    assert (second.claims["acr"], second.claims["amr"]) == (CARD, ["pwd", "sc", "pin", "mfa"])
    assert second.claims["sid"] == first.claims["sid"]


def test_the_page_of_a_step_up_says_whose_session_it_is_and_leads_back_or_out(browser, jeanne, dcc, card):
    browser.logs_in(jeanne, to=dcc)
    page = browser.visits(dcc.asks(claims=ESSENTIAL))
    assert f"Compte utilisé : {jeanne.name}." in page.text
    assert page.link_to("/logout")
    assert page.link_to(dcc.home_url)
    assert "Demander un compte" not in page.text


def test_a_session_steps_up_through_the_card_software(browser, jeanne, dcc, card):
    browser.logs_in(jeanne, to=dcc)
    browser.visits(dcc.asks(claims=ESSENTIAL))
    assert dcc.signs_in(browser.visits(card.answers_ticket(goes_to_software(browser)))).claims["acr"] == CARD


def test_the_card_of_another_person_adds_nothing_and_the_page_says_so(browser, jeanne, dcc, card, another_card):
    browser.logs_in(jeanne, to=dcc)
    browser.visits(dcc.asks(claims=ESSENTIAL))
    page = another_card.logs_in(browser)
    assert (page.status, "Cette carte est celle d’une autre personne" in page.text) == (403, True)
    assert dcc.signs_in(browser.visits(dcc.asks())).claims["amr"] == ["pwd"], "Jeanne's session goes on"


def test_a_person_without_a_card_gets_a_page(browser, paul, perinat):
    browser.logs_in(paul, to=perinat)
    page = browser.visits(perinat.asks(claims=ESSENTIAL))
    assert page.status == 403
    assert not page.asks_for("password")
    assert "ne s’ouvre qu’avec la carte CPS, et votre compte n’en a pas" in page.text
    assert page.link_to("/logout"), "it may be another person's session"


def test_a_voluntary_class_is_reached_by_a_person_who_can(idp, browser, jeanne, paul, perinat, card):
    assert browser.logs_in(jeanne, to=perinat, acr_values=CARD).asks_for("assertion")
    assert perinat.signs_in(idp.a_browser().logs_in(paul, to=perinat, acr_values=CARD)).claims["amr"] == ["pwd"]


def test_another_persons_card_replaces_a_session_at_a_new_login(browser, jeanne, perinat, another_card):
    """A shared computer, as with a password."""
    first = perinat.signs_in(browser.logs_in(jeanne, to=perinat))
    browser.visits(perinat.asks(prompt="login"))
    second = perinat.signs_in(another_card.logs_in(browser))
    assert second.subject != first.subject


def test_where_another_person_is_expected_the_card_logs_in_anew(browser, jeanne, dcc, card, another_card):
    """The session is Paul's, and the application expects Jeanne: her card is not refused for his session."""
    hint = dcc.signs_in(browser.logs_in(jeanne, to=dcc)).id_token
    browser.visits(dcc.asks(prompt="login"))
    another_card.logs_in(browser)
    browser.visits(dcc.asks(claims=ESSENTIAL, id_token_hint=hint))
    assert card.is_challenged(browser)["purpose"] == "login"
    assert dcc.signs_in(card.logs_in(browser)).claims["acr"] == CARD
