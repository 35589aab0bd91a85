"""One computer, several people: a session is not used by the next person."""

import pytest


@pytest.fixture
def careful(idp, perinat):
    """Périnat, which asks that the person be shown whose session is used."""
    idp.amends(perinat, confirm_identity=True)
    return perinat


def session_of(browser):
    """The number of the session that this browser holds."""
    return browser.cookies["localhost"]["__Host-idp-session"].partition(".")[0]


def test_the_name_is_shown_before_a_session_is_used(browser, jeanne, dcc, careful):
    first = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(careful.asks())
    assert "Jeanne Dupont" in page.text
    signed_in = careful.signs_in(browser.submits(page.form_of("Continuer avec le compte")))
    assert signed_in.claims["auth_time"] == first.claims["auth_time"]


def test_the_name_is_not_asked_about_right_after_the_password(browser, jeanne, careful):
    assert careful.signs_in(browser.logs_in(jeanne, to=careful)).subject


def test_no_page_means_no_question(browser, jeanne, dcc, careful):
    browser.logs_in(jeanne, to=dcc)
    assert careful.answer(browser.visits(careful.asks(prompt="none"))).error == "account_selection_required"


def test_this_is_not_me_ends_the_session_and_lets_the_next_person_in(idp, browser, jeanne, paul, dcc, careful):
    before, session = dcc.signs_in(browser.logs_in(jeanne, to=dcc)), session_of(browser)
    page = browser.visits(careful.asks())
    page = browser.submits(page.form_of("Utiliser un autre compte"))
    assert page.asks_for("login", "password")
    assert dcc.userinfo(before.access_token).status_code == 401
    signed_in = careful.signs_in(browser.gives(paul))
    assert signed_in.subject != before.subject
    assert session_of(browser) != session
    assert "session.ended" in idp.trail()


def test_another_person_who_logs_in_here_ends_the_session_of_the_one_before(idp, browser, jeanne, paul, dcc, perinat):
    before, session = dcc.signs_in(browser.logs_in(jeanne, to=dcc)), session_of(browser)
    browser.visits(perinat.asks(prompt="login"))
    perinat.signs_in(browser.gives(paul))
    assert session_of(browser) != session
    assert dcc.userinfo(before.access_token).status_code == 401
    assert "session.ended" in idp.trail()
