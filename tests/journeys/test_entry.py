"""Who may enter which application, and how surely they must have proved who they are."""

import pytest

from relying_parties.policy import AssuranceLevel


def test_an_application_is_entered_by_those_who_are_entitled(browser, paul, dcc):
    page = browser.logs_in(paul, to=dcc)
    assert page.status == 403
    assert "Paul Martin" in page.text
    assert dcc.answer(browser.follows("Revenir")).error == "access_denied"


def test_the_sign_on_page_and_the_refusal_lead_to_a_request_for_the_application(browser, paul, dcc):
    address = f"/account/request?application={dcc.client_id}"
    assert browser.visits(dcc.asks()).link_to(address).words == "Demander un compte"
    assert browser.logs_in(paul, to=dcc).link_to(address).words == "Demander cet accès"


def test_a_person_who_is_refused_entry_has_a_session_for_the_others(browser, paul, dcc, perinat):
    browser.logs_in(paul, to=dcc)
    assert perinat.signs_in(browser.visits(perinat.asks())).subject


def test_entry_is_refused_without_a_page_when_none_may_be_shown(browser, paul, dcc, perinat):
    browser.logs_in(paul, to=perinat)
    assert dcc.answer(browser.visits(dcc.asks(prompt="none"))).error == "access_denied"


def test_an_entitlement_given_meanwhile_opens_the_page_that_refused(idp, browser, paul, dcc):
    browser.logs_in(paul, to=dcc)
    idp.entitles(paul, dcc.client_id)
    assert dcc.signs_in(browser.visits(browser.page.url)).subject


@pytest.mark.parametrize(
    ("lowest", "words"), [(AssuranceLevel.TWO_FACTORS, "second facteur"), (AssuranceLevel.CARD, "carte CPS")]
)
def test_an_application_that_asks_for_more_than_a_password_is_not_opened_by_one(
    idp, browser, jeanne, dcc, perinat, lowest, words
):
    idp.amends(dcc, lowest_assurance=lowest)
    browser.logs_in(jeanne, to=perinat)
    page = browser.visits(dcc.asks())
    assert page.status == 403
    assert words in page.text
    assert dcc.answer(browser.follows("Revenir")).error == "unmet_authentication_requirements"
    passive = browser.visits(dcc.asks(prompt="none"))
    assert dcc.answer(passive).error == "unmet_authentication_requirements"
