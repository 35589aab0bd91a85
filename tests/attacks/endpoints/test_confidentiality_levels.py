"""Prevents: using an application that is closed to the person's confidentiality level, by what was obtained before."""

import pytest

from idp.accounts.models import Confidentiality
from tests.builders.operators import OPERATOR
from tests.fixtures.saml import is_noticed_by


@pytest.fixture
def hides(idp, jeanne):
    """Jeanne becomes hidden; the DCC, as declared, is closed to people who are."""

    def hides(level=Confidentiality.HIDDEN):
        idp.services.account_service.change(jeanne.login, {"confidentiality": level}, actor=OPERATOR)
        is_noticed_by(idp)

    return hides


def test_a_hidden_person_is_refused_and_told_why(browser, jeanne, dcc, perinat, hides):
    hides()
    page = browser.logs_in(jeanne, to=dcc)
    assert page.status == 403
    assert "Votre niveau dans l’annuaire est « Caché »" in page.text
    assert dcc.answer(browser.visits(dcc.asks(prompt="none"))).error == "access_denied"
    assert perinat.signs_in(browser.visits(perinat.asks())).subject


def test_a_token_and_a_code_open_nothing_once_the_person_is_hidden(browser, jeanne, dcc, hides):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    answer = dcc.answer(browser.visits(dcc.asks()))
    hides()
    assert dcc.userinfo(signed_in.access_token).status_code == 401
    assert dcc.redeems(answer).get_json()["error"] == "invalid_grant"
    hides(Confidentiality.PUBLIC)
    assert dcc.userinfo(signed_in.access_token).status_code == 200


def test_the_page_of_information_names_what_is_closed(idp, browser, jeanne, dcc, hides):
    browser.logs_in(jeanne, to=dcc)
    said = "Caché : l’application « Dossier communicant de cancérologie » ne vous est pas ouverte."
    assert said not in browser.visits(f"{idp.issuer}/account/profile").text
    hides()
    assert said in browser.visits(f"{idp.issuer}/account/profile").text
