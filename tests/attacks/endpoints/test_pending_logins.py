"""Prevents: a login begun being read, altered or answered by anyone but the browser that began it, or twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.login.pending_cookies import MOST_LOGINS
from tests.actors.browser import Browser

LIST = "__Host-idp-logins"


def login_cookies(browser: Browser) -> dict[str, str]:
    return {name: value for name, value in browser.cookies["localhost"].items() if name.startswith("__Secure-")}


def the_cookie(browser: Browser) -> tuple[str, str]:
    [cookie] = login_cookies(browser).items()
    return cookie


def test_what_the_browser_keeps_says_nothing_and_cannot_be_altered(browser, dcc):
    login = browser.visits(dcc.asks(login_hint="jdupont")).url
    name, value = the_cookie(browser)
    assert "jdupont" not in value
    key, _, sealed = value.partition(".")
    altered = ["", ".", key, f"{key}.", sealed, f"x.{sealed}", value[:-2], f"{key}.{sealed.swapcase()}", value * 2]
    altered += [value + "A", f"{key}.{'B' if sealed[0] == 'A' else 'A'}{sealed[1:]}", "\xff", "%00", '"', "x" * 9_000]
    for forged in altered:
        browser.cookies["localhost"][name] = forged
        assert (forged, browser.visits(login).status) == (forged, 410)
    browser.cookies["localhost"][name] = value
    assert browser.visits(login).status == 200


def test_the_cookie_of_one_login_does_not_open_another(browser, dcc, perinat):
    """Prevents: a request that is sealed for one address being answered at another, once more."""
    first = browser.visits(dcc.asks()).url
    name, value = the_cookie(browser)
    browser.visits(perinat.asks())
    [other] = set(login_cookies(browser)) - {name}
    browser.cookies["localhost"][other] = value
    assert browser.visits(browser.page.url).status == 410
    assert browser.visits(first).status == 200


def test_a_login_planted_in_a_browser_brings_nobody_s_identity(idp, browser, jeanne, paul, perinat):
    """Prevents: login CSRF by a sister site, which can set `__Secure-` cookies: the victim logs in as themselves."""
    attacker = idp.a_browser()
    begun = attacker.visits(perinat.asks()).url
    attacker.asks(attacker.page.form_with("password").action, posting=filled(attacker, paul))
    browser.visits(idp.issuer)
    name, value = the_cookie(attacker)
    browser.cookies["localhost"][name] = value
    assert browser.visits(begun).asks_for("login", "password")
    assert perinat.learns(perinat.signs_in(browser.gives(jeanne)))["given_name"] == "Jeanne"


def filled(browser, person):
    form = browser.page.form_with("login", "password")
    return form.fields | {"login": person.login, "password": person.password}


def test_of_many_tabs_that_finish_one_login_together_one_is_answered(idp, browser, jeanne, perinat):
    browser.logs_in(jeanne, to=perinat)
    login = browser.visits(perinat.asks(prompt="select_account"))
    form = login.form_of("Continuer")
    browser.asks(form.action, posting=form.fields)  # confirmed, and not yet answered
    tabs = [browser.another_tab() for _ in range(8)]
    before = idp.trail().count("sign-in.answered")
    with ThreadPoolExecutor(8) as together:
        answers = list(together.map(lambda tab: tab.asks(login.url), tabs))
    assert sorted(answer.status_code for answer in answers) == [200, *[410] * 7]
    assert idp.trail().count("sign-in.answered") == before + 1


def test_a_copy_of_the_cookie_is_no_second_answer(idp, browser, jeanne, perinat, clock):
    """However long its owner had it prolonged: the mark of the answer lasts as long as the cookie could."""
    login = browser.visits(perinat.asks())
    name, _ = the_cookie(browser)
    for _ in range(30):
        clock.shift(timedelta(minutes=15))
        page = browser.submits(login.form_of("Prolonger"))
        if page.status != 200:
            break
        login, copy = page, login_cookies(browser)[name]
        browser.cookies["localhost"][name] = copy
    else:
        raise AssertionError("a login can be prolonged for ever")
    fresh = idp.a_browser()
    begun = fresh.visits(perinat.asks())
    name, copy = the_cookie(fresh)
    perinat.signs_in(fresh.gives(jeanne))
    for _ in range(16):
        fresh.cookies["localhost"][name] = copy
        page = fresh.visits(begun.url)
        assert page.status == 410, "answered a second time"
        clock.shift(timedelta(minutes=15))


def test_a_login_may_be_prolonged_ten_times(browser, jeanne, perinat, clock):
    """WCAG 2.2, 2.2.1: "the user is allowed to extend the time limit at least ten times"."""
    browser.visits(perinat.asks())
    for _ in range(10):
        clock.shift(timedelta(minutes=19, seconds=50))
        browser.submits(browser.page.form_of("Prolonger"))
    assert browser.page.status == 200
    assert perinat.signs_in(browser.gives(jeanne)).subject


def test_a_login_that_was_answered_leaves_no_cookie(browser, jeanne, perinat):
    login = browser.visits(perinat.asks()).url
    perinat.signs_in(browser.gives(jeanne))
    assert login_cookies(browser) == {}
    assert browser.cookies["localhost"][LIST] == ""
    assert "servi" in browser.visits(login).title


# --- how many ------------------------------------------------------------------------------


def test_a_browser_keeps_the_last_eight_logins_and_each_goes_on(browser, jeanne, perinat):
    logins = [browser.visits(perinat.asks(prompt="login")).url for _ in range(MOST_LOGINS + 3)]
    assert len(login_cookies(browser)) == MOST_LOGINS
    assert [browser.visits(login).status for login in logins] == [410] * 3 + [200] * MOST_LOGINS
    for login in logins[3:]:
        browser.visits(login)
        assert perinat.signs_in(browser.gives(jeanne)).subject


def test_logins_that_other_sites_post_are_counted_too(browser, messagerie):
    """The list does not come with their POST: it is written when the login's own page is shown."""
    for _ in range(MOST_LOGINS + 3):
        browser.is_made_to_post(messagerie.address, **messagerie.posts())
    assert len(login_cookies(browser)) == MOST_LOGINS


def test_only_the_login_s_own_cookie_comes_with_its_requests(browser, dcc):
    """Eight of 3 kB together would be refused by every server."""
    for _ in range(MOST_LOGINS):
        browser.visits(dcc.asks())
    sent = browser._sent_cookies(browser.page.url, lax=True)
    assert sent.count("__Secure-") == 1
    assert browser._sent_cookies(f"{dcc.issuer}/password/change", lax=True).count("__Secure-") == 0


@pytest.mark.parametrize(
    "said",
    ["/" * 3_000, "x", "dcc:" + "A" * 31, "a%0d%0aSet-Cookie: x=1", "../../x:" + "A" * 32, ("é:" + "A" * 32) * 50],
)
def test_a_list_that_is_not_ours_names_nothing(browser, dcc, said):
    browser.visits(dcc.asks())
    browser.cookies["localhost"][LIST] = said
    page = browser.visits(dcc.asks())
    assert page.status == 200
    names = {header.partition("=")[0] for header in browser.exchanges[-1].cookies_set}
    assert names <= {LIST, "__Host-idp-browser"}


# --- without cookies -----------------------------------------------------------------------


class WithoutCookies(Browser):
    def _keep_cookies(self, address, headers) -> None:
        """It refuses them."""


@pytest.mark.parametrize(("language", "words"), [("fr", "Autorisez les cookies"), ("en", "Allow cookies")])
@pytest.mark.parametrize("by_post", [False, True])
def test_a_browser_without_cookies_is_told_so_and_what_to_do(idp, dcc, messagerie, language, words, by_post):
    browser = WithoutCookies({idp.issuer: idp.app.wsgi_app}, languages=language)
    posted = {"address": messagerie.address} | messagerie.posts()
    page = browser.is_made_to_post(**posted) if by_post else browser.visits(dcc.asks())
    assert page.status == 410
    assert words in page.text
    assert page.link("Revenir" if language == "fr" else "Back").startswith("http")


def test_a_login_of_long_ago_has_expired_even_without_its_cookie(browser, dcc, clock):
    """The browser was closed meanwhile: it is not told that it blocks cookies, nor that it is another one."""
    login = browser.visits(dcc.asks()).url
    browser.cookies["localhost"].clear()
    clock.shift(timedelta(minutes=21))
    assert "expiré" in browser.visits(login).title


@pytest.mark.parametrize("token", ["", "A", "A" * 31, "A" * 33, "é" * 32, "=" * 32, "_" * 32, "-" * 31 + "!"])
def test_an_address_that_is_none_of_ours_is_a_page(browser, dcc, token):
    assert browser.visits(f"{dcc.issuer}/login/dcc:{token or 'x'}").status == 410
