"""A second method plugs into the table alone: both protocols step up by it, and nothing takes its factor away."""

import json

import pytest

from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel
from tests.idp.login.methods.drawn_code import RIGHT_CODE

TWO_FACTORS = CLASS[AssuranceLevel.TWO_FACTORS]
PASSWORD = CLASS[AssuranceLevel.PASSWORD]
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [TWO_FACTORS]}}})
REQUESTED = (
    f"<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>{TWO_FACTORS}</saml:AuthnContextClassRef>"
    "</samlp:RequestedAuthnContext>"
)


def gives_code(browser, code=RIGHT_CODE):
    return browser.submits(browser.page.form_with("code"), code=code)


def test_an_openid_connect_request_steps_up(browser, jeanne, dcc):
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    assert (first.claims["acr"], first.claims["amr"]) == (PASSWORD, ["pwd"])
    page = browser.visits(dcc.asks(claims=ESSENTIAL))
    assert page.asks_for("code")
    assert not page.asks_for("password"), "the password would add nothing"
    second = dcc.signs_in(gives_code(browser))
    assert (second.claims["acr"], second.claims["amr"]) == (TWO_FACTORS, ["pwd", "otp", "mfa"])
    assert second.claims["sid"] == first.claims["sid"]
    assert second.claims["auth_time"] == first.claims["auth_time"], "a step-up is no new login"


def test_a_saml_request_steps_up(browser, jeanne, messagerie):
    browser.visits(messagerie.asks(inside=REQUESTED))
    page = browser.gives(jeanne)
    assert page.asks_for("code")
    assert not page.asks_for("password")
    assert messagerie.signs_on(gives_code(browser)).context == TWO_FACTORS


def test_a_login_requires_both_factors_in_turn_and_a_wrong_code_is_asked_again(browser, jeanne, dcc):
    page = browser.logs_in(jeanne, to=dcc, claims=ESSENTIAL)
    assert page.asks_for("code")
    wrong = gives_code(browser, "000000")
    assert wrong.status == 422
    assert wrong.asks_for("code")
    assert not wrong.asks_for("password")
    assert dcc.signs_in(gives_code(browser)).claims["acr"] == TWO_FACTORS


def test_a_voluntary_assurance_is_reached_by_a_person_who_can(idp, browser, jeanne, paul, perinat):
    assert browser.logs_in(jeanne, to=perinat, acr_values=TWO_FACTORS).asks_for("code")
    other = idp.a_browser().logs_in(paul, to=perinat, acr_values=TWO_FACTORS)
    assert perinat.signs_in(other).claims["acr"] == PASSWORD


def test_a_person_without_the_method_gets_a_page_and_not_the_password_again(browser, paul, perinat):
    page = browser.logs_in(paul, to=perinat, claims=ESSENTIAL)
    assert page.status == 403
    assert not page.asks_for("password")
    answer = perinat.answer(browser.visits(perinat.asks(claims=ESSENTIAL, prompt="none")))
    assert answer.error == "unmet_authentication_requirements"


def test_without_a_page_the_missing_factor_is_a_login_required(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    assert dcc.answer(browser.visits(dcc.asks(claims=ESSENTIAL, prompt="none"))).error == "login_required"


def test_force_authn_requires_both_factors_again(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc, claims=ESSENTIAL)
    gives_code(browser)
    assert browser.visits(dcc.asks(claims=ESSENTIAL, prompt="login")).asks_for("password")
    assert browser.gives(jeanne).asks_for("code")
    assert dcc.signs_in(gives_code(browser)).claims["acr"] == TWO_FACTORS


def test_a_login_by_password_keeps_the_factor(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc, claims=ESSENTIAL)
    dcc.signs_in(gives_code(browser))
    browser.visits(dcc.asks(prompt="login"))
    assert dcc.signs_in(browser.gives(jeanne)).claims["acr"] == PASSWORD, "the code is older than this login"
    assert dcc.signs_in(browser.visits(dcc.asks(claims=ESSENTIAL))).claims["acr"] == TWO_FACTORS


@pytest.mark.parametrize("new", ["Verger-Calme-2047-Sud"])
def test_a_change_of_password_keeps_the_factor(browser, jeanne, dcc, new):
    browser.logs_in(jeanne, to=dcc, claims=ESSENTIAL)
    dcc.signs_in(gives_code(browser))
    browser.visits(dcc.asks(prompt="login"))
    browser.follows("Changer de mot de passe")
    form = browser.page.form_with("login", "current_password", "new_password")
    page = browser.submits(form, login=jeanne.login, current_password=jeanne.password, new_password=new)
    dcc.signs_in(page)
    assert dcc.signs_in(browser.visits(dcc.asks(claims=ESSENTIAL))).claims["acr"] == TWO_FACTORS


def test_a_second_factor_alone_opens_no_session(browser, dcc):
    page = browser.visits(dcc.asks(claims=ESSENTIAL))
    assert page.asks_for("password")
    assert not page.asks_for("code")


def test_the_provider_metadata_list_the_assurance_that_the_methods_reach_together(dcc):
    metadata = dcc.calls.get("/.well-known/openid-configuration").get_json()
    assert metadata["acr_values_supported"] == [PASSWORD, TWO_FACTORS]
