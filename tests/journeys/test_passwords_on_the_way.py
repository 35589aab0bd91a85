"""A password that has run out, is provisional, or is forgotten, on the way to an application and on to it."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.settings import PasswordPolicyName

NEW = "Verger-Calme-93%"

LEGACY = pytest.mark.parametrize("changed_settings", [{"password_policy": PasswordPolicyName.LEGACY_IDEOSSO}])


def change(browser, person, new=NEW):
    form = browser.page.form_with("current_password", "new_password")
    return browser.submits(form, login=person.login, current_password=person.password, new_password=new)


def renew(browser, new=NEW):
    """The new password alone."""
    form = browser.page.form_with("new_password")
    assert "current_password" not in form.fields
    return browser.submits(form, new_password=new)


@LEGACY
def test_an_expired_password_is_typed_once_and_its_change_opens_the_application(browser, jeanne, dcc):
    page = browser.logs_in(jeanne, to=dcc)
    assert page.path == "/password/change"
    assert "a expiré" in page.text
    assert jeanne.login in page.text
    assert dcc.signs_in(renew(browser)).subject


@LEGACY
def test_the_proof_is_kept_through_refusals_of_the_new_password(browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    for refused in ("court", "", jeanne.password, "x" * 1_025):
        clock.shift(60)
        assert renew(browser, refused).status == 422
    browser.visits(browser.page.url)  # reloaded
    signed_in = dcc.signs_in(renew(browser))
    assert signed_in.claims["iat"] - signed_in.claims["auth_time"] >= 240, "it was proven when it was typed"


@LEGACY
def test_after_a_while_the_present_password_is_asked_for_again(browser, jeanne, dcc, clock):
    browser.logs_in(jeanne, to=dcc)
    clock.shift(timedelta(minutes=11))
    page = renew(browser)
    assert page.status == 422
    assert "Saisissez votre mot de passe actuel" in page.text
    assert page.form_with("current_password").fields["login"] == jeanne.login
    assert dcc.signs_in(change(browser, jeanne)).subject


@LEGACY
def test_a_fresh_login_that_finds_the_password_expired_is_answered_after_the_change(browser, jeanne, dcc):
    """prompt=login: the proof was given in this login, and the change keeps it there."""
    browser.visits(dcc.asks(prompt="login"))
    browser.gives(jeanne)
    assert dcc.signs_in(renew(browser)).subject


@LEGACY
def test_an_expired_password_opens_nothing_before_it_is_changed(browser, jeanne, dcc, perinat):
    """docs/decisions/incomplete-sessions.md."""
    browser.logs_in(jeanne, to=dcc)
    assert browser.visits(perinat.asks()).path == "/password/change"
    assert browser.visits(f"{dcc.issuer}/account").path == "/password/change"
    assert dcc.answer(browser.visits(dcc.asks(prompt="none"))).error == "interaction_required"


def test_a_provisional_password_is_replaced_before_anything_opens(idp, browser, jeanne, dcc):
    jeanne = idp.gives_password(jeanne, "Ruisseau-Vif-15!", provisional=True)
    page = browser.logs_in(jeanne, to=dcc)
    assert "provisoire" in page.text
    refused = renew(browser, "court")
    assert refused.status == 422
    assert dcc.signs_in(renew(browser)).subject
    another = idp.a_browser()
    another.visits(dcc.asks())
    assert another.gives(jeanne).status == 422
    assert dcc.signs_in(another.gives(jeanne, NEW)).subject


def test_a_password_is_changed_from_the_sign_on_page_and_leads_on(browser, jeanne, dcc):
    browser.visits(dcc.asks())
    browser.follows("Changer de mot de passe")
    assert dcc.signs_in(change(browser, jeanne)).subject


def test_a_forgotten_password_is_chosen_by_a_mailed_link_and_opens_the_application(idp, browser, jeanne, dcc):
    browser.visits(dcc.asks())
    browser.follows("Mot de passe oublié")
    sent = browser.submits(browser.page.form_with("login"), login=jeanne.login)
    assert sent.status == 200

    link = re.search(r"\S+/password/choose/\S+", idp.letters()[-1].get_content()).group()
    page = browser.visits(link)
    assert browser.submits(page.form_with("new_password"), new_password=NEW).status == 200
    assert browser.visits(link).status == 410, "a link is good once"

    signed_in = dcc.signs_in(browser.logs_in(replace(jeanne, password=NEW), to=dcc))
    assert dcc.learns(signed_in)["preferred_username"] == jeanne.login


def test_a_link_is_not_good_for_ever(idp, browser, jeanne, clock):
    browser.visits(f"{idp.issuer}/password/forgotten")
    browser.submits(browser.page.form_with("login"), login=jeanne.login)
    link = re.search(r"\S+/password/choose/\S+", idp.letters()[-1].get_content()).group()
    clock.shift(timedelta(minutes=61))
    assert browser.visits(link).status == 410
