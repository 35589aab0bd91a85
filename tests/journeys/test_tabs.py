"""People have several tabs, press the button twice, go back, come from somewhere else, and go to lunch."""

from datetime import timedelta


def test_two_tabs_log_in_to_two_applications(browser, jeanne, dcc, perinat):
    tab = browser.another_tab()
    browser.visits(dcc.asks())
    tab.visits(perinat.asks())
    first, second = dcc.signs_in(browser.gives(jeanne)), perinat.signs_in(tab.gives(jeanne))
    assert dcc.signs_in(browser.visits(dcc.asks())).claims["sid"] == first.claims["sid"]
    assert perinat.signs_in(tab.visits(perinat.asks())).claims["sid"] == second.claims["sid"]


def test_a_tab_left_open_goes_on_once_the_other_has_logged_in(browser, jeanne, dcc, perinat):
    tab = browser.another_tab()
    waiting = tab.visits(perinat.asks())
    browser.logs_in(jeanne, to=dcc)
    assert perinat.signs_in(tab.visits(waiting.url)).subject


def test_the_back_button_after_the_answer_leads_to_the_application_and_answers_no_second_time(browser, jeanne, dcc):
    page = browser.visits(dcc.asks())
    dcc.signs_in(browser.gives(jeanne))
    page = browser.goes_back()
    assert page.status == 410
    assert page.link("Revenir") == dcc.home_url


def test_the_button_pressed_twice_answers_once(browser, jeanne, dcc, idp):
    page = browser.visits(dcc.asks())
    form = page.form_with("login", "password")
    given = form.fields | {"login": jeanne.login, "password": jeanne.password}
    first = browser.asks(form.action, posting=given)
    second = browser.asks(form.action, posting=given)
    assert first.headers["Location"] == second.headers["Location"]
    assert dcc.signs_in(browser.visits(page.url)).subject
    again = browser.asks(form.action, posting=given)
    assert again.status_code == 410
    assert idp.trail().count("sign-in.answered") == 1


def test_a_wrong_password_and_then_the_back_button_shows_the_page_again(browser, jeanne, dcc):
    browser.visits(dcc.asks())
    browser.gives(jeanne, "not it")
    browser.visits(browser.history[0].url)
    assert dcc.signs_in(browser.gives(jeanne)).subject


def test_a_login_begun_in_another_browser_is_not_gone_on_with(idp, browser, jeanne, dcc):
    """Nobody is logged in by a link somebody else made."""
    page = browser.visits(dcc.asks())
    elsewhere = idp.a_browser().visits(page.url)
    assert elsewhere.status == 410
    assert elsewhere.link("Revenir") == dcc.home_url
    assert dcc.signs_in(browser.gives(jeanne)).subject


def test_a_login_left_for_too_long_has_expired_and_says_where_to_start_again(browser, jeanne, dcc, clock):
    browser.visits(dcc.asks())
    clock.shift(timedelta(minutes=21))
    page = browser.gives(jeanne)
    assert page.status == 410
    assert "expiré" in page.title
    assert page.link("Revenir") == dcc.home_url


def test_a_login_can_be_prolonged(browser, jeanne, dcc, clock):
    """WCAG 2.2.1."""
    page = browser.visits(dcc.asks())
    clock.shift(timedelta(minutes=15))
    browser.submits(page.form_of("Prolonger"))
    clock.shift(timedelta(minutes=15))
    assert dcc.signs_in(browser.gives(jeanne)).subject


def test_an_address_that_never_was_a_login_leads_home(idp, browser):
    page = browser.visits(f"{idp.issuer}/login/nothing")
    assert page.status == 410
    assert page.link("accueil") == f"{idp.issuer}/"
