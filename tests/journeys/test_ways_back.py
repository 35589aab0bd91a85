"""No page is a dead end: whatever the front page leads to has a way back to it, and a login's pages to the login."""

import pytest

ISSUER = "http://localhost:8400"


def ways_of(page):
    """The links of a page to pages of ours, less those that every page has."""
    return {
        link.address
        for link in page.links
        if link.address.startswith(ISSUER) and "/language" not in link.address and "#" not in link.address
    }


def test_whatever_the_front_page_leads_to_leads_back_to_it(idp, browser, jeanne):
    home = browser.visits(f"{idp.issuer}/")
    reached = ways_of(home) - {f"{idp.issuer}/account"}
    assert len(reached) >= 4
    for address in reached:
        assert f"{idp.issuer}/" in ways_of(browser.visits(address)), address

    browser.visits(f"{idp.issuer}/account")
    account = browser.gives(jeanne)
    assert f"{idp.issuer}/" in ways_of(account)


def test_and_what_comes_after_a_form_does(idp, browser, jeanne):
    page = browser.visits(f"{idp.issuer}/password/forgotten")
    assert f"{idp.issuer}/" in ways_of(browser.submits(page.form_with("login"), login="nobody"))
    page = browser.visits(f"{idp.issuer}/password/change")
    form = page.form_with("login", "current_password", "new_password")
    done = browser.submits(form, login=jeanne.login, current_password=jeanne.password, new_password="Verger-Calme-93%")
    assert f"{idp.issuer}/" in ways_of(done)


@pytest.mark.parametrize("way", ["Mot de passe oublié", "Changer de mot de passe"])
def test_on_the_way_to_an_application_the_login_is_led_back_to(browser, dcc, way):
    login = browser.visits(dcc.asks())
    browser.follows(way)
    assert browser.follows("Revenir à la connexion").url == login.url
