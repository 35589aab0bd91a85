"""Prevents: getting into somebody's session, or somebody into one's own: fixation, forged cookies, CSRF."""

import secrets

import pytest

from tests.journeys.test_logout import is_logged_out

SESSION, BROWSER = "__Host-idp-session", "__Host-idp-browser"


def test_a_session_s_cookie_is_new_at_each_login_and_the_one_before_is_void(idp, browser, jeanne, dcc):
    """Prevents: fixation. Who put a cookie in this browser, or saw it before the login, has nothing."""
    browser.logs_in(jeanne, to=dcc)
    before = browser.cookies["localhost"][SESSION]
    browser.visits(dcc.asks(prompt="login"))
    browser.gives(jeanne)
    assert browser.cookies["localhost"][SESSION] != before
    thief = idp.a_browser()
    thief.cookies["localhost"] = {SESSION: before}
    assert is_logged_out(thief, dcc)


def test_a_cookie_planted_before_the_login_is_not_kept(idp, browser, jeanne, dcc):
    planted = f"{secrets.token_urlsafe(18)}.{secrets.token_urlsafe(32)}"
    browser.cookies["localhost"] = {SESSION: planted}
    browser.logs_in(jeanne, to=dcc)
    assert browser.cookies["localhost"][SESSION] != planted


def test_an_attacker_s_own_session_planted_in_a_browser_is_replaced_by_the_login(idp, browser, jeanne, paul, perinat):
    attacker = idp.a_browser()
    attacker.logs_in(paul, to=perinat)
    browser.cookies["localhost"] = dict(attacker.cookies["localhost"])
    browser.visits(perinat.asks(prompt="login"))
    signed_in = perinat.signs_in(browser.gives(jeanne))
    assert perinat.learns(signed_in)["preferred_username"] == jeanne.login
    assert is_logged_out(attacker, perinat)


@pytest.fixture
def cookie(browser, jeanne, dcc) -> str:
    browser.logs_in(jeanne, to=dcc)
    return browser.cookies["localhost"][SESSION]


def test_a_forged_cookie_opens_nothing(idp, cookie, dcc):
    sid, _, secret = cookie.partition(".")
    forged = ["", ".", sid, f"{sid}.", f".{secret}", f"{sid}.{secret[:-1]}", f"{sid}.{secret}x", f"{sid}..{secret}"]
    forged += [f"{sid}.{secrets.token_urlsafe(32)}", secret, cookie.swapcase(), "x" * 5000, "\xff", "*.*"]
    forged += [f"session:{cookie}", f"{sid}%00.{secret}"]
    for value in forged:
        thief = idp.a_browser()
        thief.cookies["localhost"] = {SESSION: value}
        assert (value, is_logged_out(thief, dcc)) == (value, True)


def test_a_cookie_without_the_prefix_is_not_read(idp, cookie, dcc):
    """Prevents: a sister site's cookie for our domain (RFC 6265bis 4.1.3.2)."""
    thief = idp.a_browser()
    thief.cookies["localhost"] = {"idp-session": cookie, "session": cookie, "__Secure-idp-session": cookie}
    assert is_logged_out(thief, dcc)


def test_every_cookie_is_ours_alone(browser, jeanne, dcc):
    browser.visits(f"{dcc.issuer}/language?to=fr&back=/")
    browser.logs_in(jeanne, to=dcc)
    headers = [header for seen in browser.exchanges for header in seen.cookies_set]
    assert len(headers) >= 3
    for header in headers:
        name, _, rest = header.partition("=")
        attributes = {part.strip() for part in rest.split(";")}
        if name.startswith("__Secure-idp-login-"):  # of one login's address alone, which `__Host-` has no room for
            assert any(attribute.startswith("Path=/login/dcc:") for attribute in attributes)
        else:
            assert name.startswith("__Host-idp-")
            assert "Path=/" in attributes
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= attributes
        assert not any(attribute.startswith("Domain") for attribute in attributes)


# --- CSRF ----------------------------------------------------------------------------


def forged_posts(browser, dcc, jeanne):
    login = browser.visits(dcc.asks(prompt="login")).path
    given = {"login": jeanne.login, "password": jeanne.password}
    change = {"login": jeanne.login, "current_password": jeanne.password, "new_password": "Verger-Calme-93%"}
    return {
        f"{login}/password": given,
        f"{login}/confirm": {"choice": "other"},
        f"{login}/decline": {"person": "0" * 32},
        f"{login}/prolong": {},
        "/logout": {"request": ""},
        "/password/change": change,
        "/password/forgotten": {"login": jeanne.login},
        "/password/choose/x": {"new_password": "Verger-Calme-93%"},
    }


def test_no_form_of_ours_is_posted_by_another_site(idp, browser, jeanne, dcc):
    """Prevents: login CSRF (the victim works in the attacker's session), logout CSRF, a changed password."""
    browser.logs_in(jeanne, to=dcc)
    for path, fields in forged_posts(browser, dcc, jeanne).items():
        page = browser.is_made_to_post(f"{dcc.issuer}{path}", **fields)
        assert (path, page.status) == (path, 403)
    assert not is_logged_out(browser, dcc)


def test_nor_without_its_token_nor_with_another_browser_s(idp, browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    elsewhere = idp.a_browser().visits(dcc.asks()).form_with("password").fields["form_token"]
    for path, fields in forged_posts(browser, dcc, jeanne).items():
        for token in ({}, {"form_token": ""}, {"form_token": elsewhere}, {"form_token": "é" * 88}):
            response = browser.asks(f"{dcc.issuer}{path}", posting=fields | token)
            assert (path, token, response.status_code) == (path, token, 403)
    assert not is_logged_out(browser, dcc)


def test_a_page_that_another_site_posts_to_sets_no_cookie(idp, browser, jeanne, dcc):
    """Prevents: an endpoint that other sites post to replacing the cookies that did not come with the POST."""
    browser.logs_in(jeanne, to=dcc)
    jar = dict(browser.cookies["localhost"])
    before = len(browser.exchanges)
    for path in ("/oidc/authorize", "/oidc/logout", "/oidc/token", "/oidc/userinfo"):
        browser.is_made_to_post(f"{dcc.issuer}{path}", **dcc.request())
    posts = [seen for seen in browser.exchanges[before:] if seen.method == "POST"]
    assert len(posts) == 4
    assert [seen.cookies_set for seen in posts] == [()] * 4
    assert browser.cookies["localhost"] == jar


def test_a_logout_is_confirmed_by_the_person_when_another_site_asks_for_it(browser, jeanne, dcc):
    """RP-Initiated Logout 1.0 section 6: without a hint anyone could end anyone's session by a picture's address."""
    browser.logs_in(jeanne, to=dcc)
    for path in ("/logout", "/oidc/logout", "/oidc/logout?client_id=dcc"):
        assert browser.visits(f"{dcc.issuer}{path}").form_of("Me déconnecter")
    assert not is_logged_out(browser, dcc)


def test_a_login_that_an_attacker_began_is_not_gone_on_with_by_the_victim(idp, browser, jeanne, paul, perinat):
    """Prevents: sending somebody the address of one's own login, opened already, to sign them in as oneself."""
    attacker = idp.a_browser()
    begun = attacker.visits(perinat.asks()).url
    attacker.gives(paul)
    page = browser.visits(begun)
    assert page.status == 410
    assert SESSION not in browser.cookies["localhost"]


def test_no_page_may_be_framed_or_read_by_another_site(browser, jeanne, dcc):
    browser.visits(dcc.asks())
    policy = browser.page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert browser.page.headers["X-Frame-Options"] == "DENY"
    assert browser.page.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in browser.page.headers


def test_our_own_pages_about_a_person_have_no_opener(idp, browser, jeanne, dcc):
    """Prevents: a page of another site that opened them keeping a hand on their window (HTML 7.1.3)."""
    browser.logs_in(jeanne, to=dcc)
    for address in ("/account", "/"):
        assert browser.visits(f"{idp.issuer}{address}").headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_code_leaves_by_no_referrer(browser, jeanne, dcc):
    """RFC 9700 4.2.4."""
    browser.logs_in(jeanne, to=dcc)
    response = browser.asks(dcc.asks())
    assert response.headers["Referrer-Policy"] == "no-referrer"
