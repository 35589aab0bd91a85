"""Leaving: from the application, from us, and what is left open afterwards. RP-Initiated Logout 1.0."""


def is_logged_out(browser, application):
    return application.answer(browser.visits(application.asks(prompt="none"))).error == "login_required"


def test_an_application_ends_the_session_and_gets_the_person_back(browser, jeanne, dcc):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks_to_log_out(signed_in))
    assert page.url == f"{dcc.post_logout_redirect_uri}?state=loggedout"
    assert is_logged_out(browser, dcc)
    assert dcc.userinfo(signed_in.access_token).status_code == 401


def test_an_application_may_post_its_logout_request(browser, jeanne, dcc):
    """Section 2: GET and POST."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    address = f"{dcc.issuer}/oidc/logout"
    asked = {"id_token_hint": signed_in.id_token, "post_logout_redirect_uri": dcc.post_logout_redirect_uri}
    assert browser.is_made_to_post(address, **asked).url == dcc.post_logout_redirect_uri
    assert is_logged_out(browser, dcc)


def test_a_hint_that_has_expired_still_logs_out(browser, jeanne, dcc, clock):
    """Section 2: OPs SHOULD accept ID Tokens when the RP identified by aud and/or sid has a current session."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    clock.shift(900)
    assert browser.visits(dcc.asks_to_log_out(signed_in)).url.startswith(dcc.post_logout_redirect_uri)
    assert is_logged_out(browser, dcc)


def test_without_a_hint_the_person_is_asked_and_then_led_back(browser, jeanne, dcc):
    """Section 2: the OP SHOULD ask the End-User whether to log out."""
    browser.logs_in(jeanne, to=dcc)
    page = browser.visits(dcc.asks_to_log_out(None))
    assert "Jeanne Dupont" in page.text
    assert not is_logged_out(browser.another_tab(), dcc)
    page = browser.submits(page.form_of("Me déconnecter"))
    assert page.link("Revenir") == f"{dcc.post_logout_redirect_uri}?state=loggedout"
    assert is_logged_out(browser, dcc)


def test_a_hint_of_an_earlier_session_asks_the_person(browser, jeanne, dcc):
    earlier = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    browser.visits(dcc.asks_to_log_out(earlier))
    browser.logs_in(jeanne, to=dcc)
    assert browser.visits(dcc.asks_to_log_out(earlier)).form_of("Me déconnecter")
    assert not is_logged_out(browser, dcc)


def test_a_person_without_a_session_is_led_back_at_once(browser, jeanne, dcc):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    browser.visits(dcc.asks_to_log_out(signed_in))
    assert browser.visits(dcc.asks_to_log_out(signed_in)).url.startswith(dcc.post_logout_redirect_uri)


def test_logging_out_here_names_the_applications_that_may_still_be_open(idp, browser, jeanne, dcc, perinat):
    dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    perinat.signs_in(browser.visits(perinat.asks()))
    page = browser.visits(f"{idp.issuer}/account")
    assert [link.address for link in page.links if "127.0.0.1" in link.address] == [dcc.home_url, perinat.home_url]
    page = browser.submits(page.form_of("Me déconnecter"))
    assert page.link("Dossier communicant") == dcc.home_url
    assert page.link("Périnat") == perinat.home_url
    assert is_logged_out(browser, dcc)
    assert idp.trail()[-1] == "session.ended"


def test_my_session_says_who_i_am_and_until_when(idp, browser, jeanne):
    page = browser.visits(f"{idp.issuer}/account")
    page = browser.gives(jeanne)
    assert page.path == "/account"
    assert {"Jeanne Dupont", "jdupont"} <= {words for words in ("Jeanne Dupont", "jdupont") if words in page.text}
    assert "sans activité" in page.text


def test_the_confirmation_can_be_declined(browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    browser.visits(f"{dcc.issuer}/logout")
    assert browser.follows("Garder ma session").path == "/account"
    assert not is_logged_out(browser, dcc)


def test_the_page_that_asks_speaks_the_language_asked_for(browser, jeanne, dcc):
    """Section 2, ui_locales."""
    browser.logs_in(jeanne, to=dcc)
    assert browser.visits(dcc.asks_to_log_out(None, ui_locales="en")).headers["Content-Language"] == "en"
