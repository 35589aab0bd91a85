"""The first login of a person whose request was accepted: the letter, the password, the application first asked for."""

import re

import pytest

from tests.builders.acceptances import REQUEST, a_body, terms

NEW_PASSWORD = "Verger-Calme-41!"


@pytest.fixture
def changed_settings(secret_file):
    return {"enrollment_secret_file": secret_file}


@pytest.fixture
def accepted(idp, caller, administrator):
    """Estelle's request, accepted with the DCC; the link of her letter."""
    body = a_body(administrator, entitlements=[{"client_id": "dcc", **terms()}], continue_to="dcc")
    assert caller.calls("PUT", f"/api/provisionings/{REQUEST}/1", body).status_code == 201
    return re.search(r"http\S+/password/choose/\S+", idp.letters()[-1].get_content())[0]


def chooses(browser, link):
    browser.visits(link)
    return browser.submits(browser.page.form_with("new_password"), new_password=NEW_PASSWORD)


def test_the_link_leads_by_a_password_to_the_application_first_asked_for(browser, accepted, dcc):
    page = chooses(browser, accepted)

    assert page.path.startswith("/password/changed")
    assert page.link("Se connecter au DCC") == dcc.home_url


def test_the_person_logs_in_with_what_the_letter_and_the_page_gave(idp, browser, accepted):
    chooses(browser, accepted)
    browser.visits(f"{idp.issuer}/account")
    form = browser.page.form_with("login", "password")
    assert browser.submits(form, login="edaubrac", password=NEW_PASSWORD).path == "/account"
    assert idp.services.accounts.by_username("edaubrac").email_verified


def test_a_link_that_was_used_says_so_and_leads_to_another(browser, accepted):
    chooses(browser, accepted)
    page = browser.visits(accepted)
    assert page.status == 410
    assert page.link("Recevoir un nouveau lien").endswith("/password/forgotten")


def test_another_link_is_mailed_to_the_same_address_and_strangers_are_told_nothing(idp, browser, accepted):
    before = len(idp.letters())
    pages = []
    for sought in ("edaubrac", "nobody"):
        browser.visits(f"{idp.issuer}/password/forgotten")
        pages.append(browser.submits(browser.page.form_with("login"), login=sought).text)
    assert pages[0] == pages[1]
    [letter] = idp.letters()[before:]
    assert letter["To"] == "estelle.daubrac@exemple.test"


def test_an_application_that_is_no_longer_there_is_passed_over(idp, browser, accepted, dcc):
    idp.suspends(dcc)
    assert "DCC" not in chooses(browser, accepted).text
