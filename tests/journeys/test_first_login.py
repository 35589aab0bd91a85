"""The first login of a person whose request was accepted: the letter, the password, the application first asked for."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from tests.builders.acceptances import REQUEST, a_body, terms

NEW_PASSWORD = "Verger-Calme-41!"


@pytest.fixture
def changed_settings(secret_file):
    return {"enrollment_secret_file": secret_file}


@pytest.fixture
def accepted(idp, caller, administrator, onco_centre):
    """Estelle's request, accepted with the DCC and the community that it needs; the link of her letter."""
    body = a_body(
        administrator,
        communities=[{"name": "onco-centre", **terms()}],
        entitlements=[{"client_id": "dcc", **terms()}],
        continue_to="dcc",
    )
    assert caller.calls("PUT", f"/api/provisionings/{REQUEST}/1", body).status_code == 201
    return link_in(idp.letters()[-1])


def link_in(letter):
    return re.search(r"http\S+/password/choose/\S+", letter.get_content())[0]


def begins_a_login(idp, application):
    """Where another site begins a login of an application: OpenID Connect Core 1.0, section 4."""
    return f"{application.home_url}login?{urlencode({'iss': idp.issuer})}"


def asks_again(browser):
    return browser.submits(browser.page.form_of("Recevoir un nouveau lien"))


def chooses(browser, link):
    browser.visits(link)
    return browser.submits(browser.page.form_with("new_password"), new_password=NEW_PASSWORD)


def test_the_link_leads_by_a_password_to_the_application_first_asked_for(idp, browser, accepted, dcc):
    page = chooses(browser, accepted)

    assert page.path.startswith("/password/changed")
    assert "Votre compte est prêt." in page.text
    assert "sessions" not in page.text, "nobody has logged in to it before"
    assert page.link("Se connecter au DCC") == begins_a_login(idp, dcc)


def test_an_application_without_such_an_address_is_reached_by_its_start_page(idp, browser, accepted, dcc):
    idp.amends(dcc, initiate_login_uri="")
    assert chooses(browser, accepted).link("Se connecter au DCC") == dcc.home_url


def test_the_person_logs_in_with_what_the_letter_and_the_page_gave(idp, browser, accepted):
    chooses(browser, accepted)
    browser.visits(f"{idp.issuer}/account")
    form = browser.page.form_with("login", "password")
    assert browser.submits(form, login="edaubrac", password=NEW_PASSWORD).path == "/account"
    assert idp.services.accounts.by_username("edaubrac").email_verified


def test_a_link_that_was_used_says_so_and_mails_what_the_account_needs_now(idp, browser, accepted):
    chooses(browser, accepted)
    assert browser.visits(accepted).status == 410
    before = len(idp.letters())
    asks_again(browser)
    [letter] = idp.letters()[before:]
    assert "nouveau mot de passe" in letter["Subject"]


def test_a_link_that_has_expired_is_replaced_by_another_to_the_same_mailbox(idp, browser, accepted, clock, dcc):
    clock.shift(timedelta(hours=73))
    assert browser.visits(accepted).status == 410
    before = len(idp.letters())
    page = asks_again(browser)
    assert page.path == "/password/forgotten/sent"
    [letter] = idp.letters()[before:]
    assert letter["To"] == "estelle.daubrac@exemple.test"
    assert chooses(browser, link_in(letter)).link("Se connecter au DCC") == begins_a_login(idp, dcc)


def test_who_invents_a_link_is_told_the_same_and_nothing_is_mailed(idp, browser, accepted):
    before = len(idp.letters())
    assert browser.visits(f"{idp.issuer}/password/choose/{'x' * 43}").status == 410
    assert asks_again(browser).path == "/password/forgotten/sent"
    assert len(idp.letters()) == before


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
