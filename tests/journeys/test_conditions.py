"""A person accepts the region's conditions of use at the first login, and again when they change."""

import pytest

from tests.fixtures.saml import is_noticed_by

DECLINE = "Je n’accepte pas\u202f: me déconnecter"
TEXTS = {"4.fr.txt": "Le compte est personnel.", "4.en.txt": "The account is personal."}


@pytest.fixture
def changed_settings(tmp_path):
    folder = tmp_path / "conditions"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return {"conditions_folder": folder}


@pytest.fixture
def asked(browser, dcc, jeanne):
    """The page that asks Jeanne, on her way to the DCC."""
    return browser.logs_in(jeanne, to=dcc)


def accepts(browser):
    return browser.submits(browser.page.form_of("J’accepte et je continue"))


def test_they_are_asked_after_the_password_and_lead_on_to_the_application(idp, browser, dcc, jeanne, asked):
    assert "Le compte est personnel." in asked.text
    assert dcc.signs_in(accepts(browser)).subject
    accepted = idp.services.accounts.by_username(jeanne.login).conditions
    assert (accepted.version, accepted.language) == ("4", "fr")
    assert idp.trail().count("conditions.accepted") == 1


def test_who_has_accepted_this_version_is_not_asked(idp, browser, jeanne):
    browser.visits(f"{idp.issuer}/account")
    browser.gives(jeanne)
    assert accepts(browser).path == "/account"
    is_noticed_by(idp)
    assert idp.a_browser().visits(f"{idp.issuer}/account").asks_for("login", "password")
    assert browser.visits(f"{idp.issuer}/account/profile").path == "/account/profile"


def test_nothing_is_opened_before_they_are_accepted(idp, browser, asked):
    assert browser.visits(f"{idp.issuer}/account").form_of("J’accepte et je continue")


def test_who_does_not_accept_is_logged_out(idp, browser, asked):
    page = browser.submits(browser.page.form_of(DECLINE))
    assert page.asks_for("login", "password")
    assert "conditions.accepted" not in idp.trail()


@pytest.mark.parametrize("changed", [{"version": "3"}, {"person": "x" * 32}])
def test_another_version_or_another_persons_session_accepts_nothing(idp, browser, asked, changed):
    page = browser.submits(browser.page.form_of("J’accepte et je continue"), **changed)
    assert page.form_of("J’accepte et je continue")
    assert "conditions.accepted" not in idp.trail()


def test_a_request_that_forbids_pages_is_refused(idp, browser, dcc, asked):
    assert "error=interaction_required" in browser.visits(dcc.asks(prompt="none")).url
