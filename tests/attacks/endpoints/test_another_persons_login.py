"""Prevents: an application that asks for a fresh login being answered by that of the next person at the computer.

A login is begun in one tab and left; somebody else logs in in another; the first tab is gone on with.
"""

import json
from dataclasses import dataclass

import pytest

from relying_parties.policy import AssuranceLevel
from tests.actors.browser import Browser
from tests.actors.page import Page
from tests.fixtures.saml import registers

NEW_PASSWORD = "Verger-Calme-93%"


@dataclass(frozen=True, slots=True)
class Asked:
    """An application with the address by which it asks, and how it learns who came."""

    application: object
    address: str

    def learns(self, page: Page) -> str:
        if page.asks_for("SAMLResponse"):
            return self.application.signs_on(page).attributes["urn:oid:2.5.4.42"][0]
        return self.application.learns(self.application.signs_in(page))["given_name"]


@pytest.fixture
def another(idp, browser, paul, perinat):
    """Paul logs in to Périnat in another tab of the same browser."""

    def logs_in() -> Browser:
        tab = browser.another_tab()
        tab.logs_in(paul, to=perinat, prompt="login")
        return tab

    return logs_in


@pytest.fixture(
    params=[
        {"prompt": "login"},
        {"prompt": "login consent"},
        {"max_age": "0"},
        {"max_age": "600"},
    ],
    ids=str,
)
def asked_by_oidc(request, perinat) -> Asked:
    return Asked(perinat, perinat.asks(**request.param))


def test_a_fresh_login_is_of_the_person_who_logs_in_in_it(browser, jeanne, another, asked_by_oidc):
    """OpenID Connect Core 1.0, section 3.1.2.1: the End-User is actively re-authenticated, in this request."""
    begun = browser.visits(asked_by_oidc.address).url
    another()
    page = browser.visits(begun)
    assert page.asks_for("login", "password"), "it was answered by somebody else's login"
    assert asked_by_oidc.learns(browser.gives(jeanne)) == "Jeanne"


@pytest.mark.parametrize("by_post", [False, True])
def test_force_authn_is_of_the_person_who_logs_in_in_it(browser, jeanne, another, messagerie, by_post):
    """SAML Core section 3.4.1, ForceAuthn."""
    if by_post:
        page = browser.is_made_to_post(messagerie.address, **messagerie.posts(ForceAuthn="true"))
    else:
        page = browser.visits(messagerie.asks(ForceAuthn="true"))
    another()
    assert browser.visits(page.url).asks_for("login", "password")
    assert Asked(messagerie, "").learns(browser.gives(jeanne)) == "Jeanne"


def test_a_login_before_it_began_is_recent_enough_for_max_age(browser, jeanne, perinat):
    """The SAML POST and whatever else needs a page: an open session that is recent goes on without a password."""
    browser.logs_in(jeanne, to=perinat)
    page = browser.visits(perinat.asks(max_age="600", prompt="select_account"))
    assert perinat.learns(perinat.signs_in(browser.submits(page.form_of("Continuer"))))["given_name"] == "Jeanne"


@pytest.mark.parametrize("asked", [{"prompt": "select_account"}, {}])
def test_the_name_is_shown_of_the_person_who_logged_in_in_another_tab(idp, browser, another, perinat, asked):
    """`confirm_identity`, and prompt=select_account: nobody was shown to this tab before."""
    idp.amends(perinat, confirm_identity=not asked)
    begun = browser.visits(perinat.asks(**asked)).url
    another()
    page = browser.visits(begun)
    assert "Paul Martin" in page.text
    assert not page.asks_for("password")
    assert perinat.learns(perinat.signs_in(browser.submits(page.form_of("Continuer"))))["given_name"] == "Paul"


def test_the_same_by_saml(idp, browser, another):
    messagerie = registers(idp, confirm_identity=True)
    begun = browser.visits(messagerie.asks()).url
    another()
    page = browser.visits(begun)
    assert "Paul Martin" in page.text
    assert Asked(messagerie, "").learns(browser.submits(page.form_of("Continuer"))) == "Paul"


@pytest.mark.parametrize("button", ["Continuer avec le compte", "Utiliser un autre compte"])
def test_a_name_is_confirmed_for_the_person_who_was_shown(idp, browser, jeanne, another, perinat, button):
    """Jeanne's page was left open; the session is Paul's by now, and neither confirmed nor ended by her button."""
    browser.logs_in(jeanne, to=perinat)
    shown = browser.visits(perinat.asks(prompt="select_account"))
    assert "Jeanne Dupont" in shown.text
    tab = another()
    page = browser.submits(shown.form_of(button))
    assert "Paul Martin" in page.text
    assert page.form_of("Continuer avec le compte")
    assert perinat.signs_in(tab.visits(perinat.asks())).subject, "Paul's session is still open"


def test_a_confirmation_does_not_outlive_its_session(idp, browser, jeanne, paul, perinat, messagerie):
    """Confirmed, and not yet answered for want of the right person: the next person is shown and asked too."""
    subject = perinat.signs_in(idp.a_browser().logs_in(jeanne, to=perinat)).subject
    claims = json.dumps({"id_token": {"sub": {"value": subject}}})
    browser.logs_in(paul, to=perinat)
    page = browser.visits(perinat.asks(claims=claims, prompt="select_account"))
    login = page.url
    assert page.asks_for("password"), "Paul is not the one who is expected"
    tab = browser.another_tab()
    tab.logs_in(jeanne, to=messagerie, ForceAuthn="true")
    assert "Jeanne Dupont" in browser.visits(login).text
    assert not browser.page.asks_for("password")


def test_a_password_changed_in_another_tab_is_no_login_of_this_one(browser, jeanne, paul, perinat):
    begun = browser.visits(perinat.asks(prompt="login")).url
    tab = browser.another_tab()
    tab.visits(perinat.asks())
    form = tab.follows("Changer de mot de passe").form_with("current_password")
    tab.submits(form, login=paul.login, current_password=paul.password, new_password=NEW_PASSWORD)
    assert browser.visits(begun).asks_for("login", "password")
    assert perinat.learns(perinat.signs_in(browser.gives(jeanne)))["given_name"] == "Jeanne"


def test_a_password_changed_on_the_way_is_a_login_of_this_one(browser, paul, perinat):
    browser.visits(perinat.asks(prompt="login"))
    form = browser.follows("Changer de mot de passe").form_with("current_password")
    page = browser.submits(form, login=paul.login, current_password=paul.password, new_password=NEW_PASSWORD)
    assert perinat.learns(perinat.signs_in(page))["given_name"] == "Paul"


def test_of_the_same_person_too_each_fresh_login_is_its_own(browser, jeanne, perinat):
    """What an application has asked for is asked: one proof does not answer two."""
    tab = browser.another_tab()
    first, second = browser.visits(perinat.asks(prompt="login")).url, tab.visits(perinat.asks(prompt="login")).url
    perinat.signs_in(browser.gives(jeanne))
    assert tab.visits(second).asks_for("password")
    assert perinat.signs_in(tab.gives(jeanne)).subject
    assert browser.visits(first).status == 410


def test_a_weaker_login_elsewhere_is_not_enough_here(idp, browser, another):
    """What is required is looked at again, after any other login."""
    messagerie = registers(idp, lowest_assurance=AssuranceLevel.TWO_FACTORS)
    page = browser.visits(messagerie.asks(ForceAuthn="true"))
    another()
    assert messagerie.is_refused(browser.visits(page.url)).second == "NoAuthnContext"
