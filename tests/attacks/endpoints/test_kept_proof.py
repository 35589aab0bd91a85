"""Prevents: the proof that is kept for the change of an expired password changing any other password, or too late.

A person who logs in with an expired password does not type it again to replace it. That is worth
a password for some minutes: in this browser, in this login, for this account, for this alone.
"""

from datetime import timedelta

import pytest

from idp.accounts.passwords.passwords import Verified
from idp.settings import PasswordPolicyName

NEW = "Verger-Calme-93%"


@pytest.fixture
def changed_settings():
    return {"password_policy": PasswordPolicyName.LEGACY_IDEOSSO}


@pytest.fixture
def half_way(browser, jeanne, dcc):
    """Jeanne has logged in, and her password has expired."""
    page = browser.logs_in(jeanne, to=dcc)
    assert page.path == "/password/change"
    return page


def renews(browser, page) -> int:
    """The new password alone, whatever the page now asks for."""
    form = page.form_with("new_password")
    fields = {name: value for name, value in form.fields.items() if name != "current_password"}
    return browser.asks(form.action, posting=fields | {"new_password": NEW}).status_code


def is_unchanged(idp, person) -> bool:
    return isinstance(idp.services.passwords.verify(person.login, person.password), Verified)


def test_it_is_no_proof_in_another_login(idp, browser, jeanne, half_way, perinat):
    """An incomplete session gives access to nothing, and changes no password in another application's login."""
    page = browser.visits(perinat.asks())
    assert page.asks_for("current_password")
    assert renews(browser, page) == 422
    assert is_unchanged(idp, jeanne)


def test_it_is_no_proof_without_a_login(idp, browser, jeanne, half_way):
    page = browser.visits(f"{idp.issuer}/password/change")
    assert page.asks_for("current_password")
    assert renews(browser, page) == 422
    assert is_unchanged(idp, jeanne)


def test_it_is_no_proof_in_another_browser(idp, jeanne, half_way):
    thief = idp.a_browser()
    page = thief.visits(half_way.url)
    assert page.asks_for("current_password")
    assert renews(thief, page) == 422
    assert is_unchanged(idp, jeanne)


def test_it_is_no_proof_for_ever(idp, browser, jeanne, half_way, clock):
    clock.shift(timedelta(minutes=11))
    assert renews(browser, half_way) == 422
    assert is_unchanged(idp, jeanne)


def test_it_does_not_outlast_the_session(idp, browser, jeanne, half_way):
    idp.gives_password(jeanne, "Falaise-Rude-93!")
    idp.app.extensions["idp"].accounts._cache._revisions.expire()
    assert renews(browser, half_way) == 422
    assert idp.services.passwords.verify(jeanne.login, "Falaise-Rude-93!") != Verified
    assert not isinstance(idp.services.passwords.verify(jeanne.login, NEW), Verified)


def test_it_is_used_once(idp, browser, half_way, jeanne):
    assert renews(browser, half_way) == 303
    form = half_way.form_with("new_password")
    again = browser.asks(form.action, posting=form.fields | {"new_password": "Autre-Sentier-58?"})
    assert again.status_code == 422
    assert isinstance(idp.services.passwords.verify(jeanne.login, NEW), Verified)


def test_another_site_cannot_use_it(idp, browser, jeanne, half_way):
    page = browser.is_made_to_post(half_way.url, new_password=NEW)
    assert page.status == 403
    assert is_unchanged(idp, jeanne)


@pytest.mark.parametrize("changed_settings", [{"password_policy": PasswordPolicyName.CNIL_2022}])
def test_a_password_that_need_not_change_is_asked_for(idp, browser, jeanne, dcc, changed_settings):
    """Prevents: an open session, left on a shared computer, being enough to take the account over."""
    browser.visits(dcc.asks(prompt="select_account"))
    login = browser.page.url
    browser.gives(jeanne)
    page = browser.visits(f"{idp.issuer}/password/change?pending={login.rpartition('/')[2]}")
    assert page.asks_for("current_password")
    assert renews(browser, page) == 422
    assert is_unchanged(idp, jeanne)
