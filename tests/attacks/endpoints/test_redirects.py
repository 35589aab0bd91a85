"""Prevents: being used to send people, or their codes, to an attacker's address (RFC 9700 section 4.1)."""

from itertools import combinations
from urllib.parse import urlencode

import pytest

from tests.actors.application import Application
from tests.actors.page import Page

ELSEWHERE = "https://attacker.example/"

OTHER_FAULTS: list[dict[str, str | None]] = [
    {"scope": "profile"},
    {"response_type": "token"},
    {"response_type": None},
    {"display": "x"},
    {"prompt": "none login"},
    {"max_age": "abc"},
    {"claims": "{"},
    {"request": "e30.e30."},
    {"request_uri": "https://attacker.example/request"},
    {"code_challenge_method": "plain"},
    {"id_token_hint": "a.b.c"},
    {"nonce": "n" * 600},
    {"registration": "{}"},
    {"state": "s" * 3000},
]


def is_a_page_of_ours(response) -> bool:
    """It may show the developer what was received, and leads to no such place."""
    page = Page("http://localhost:8400/", response.status_code, response.text)
    leads_elsewhere = any(link.address.startswith(ELSEWHERE) for link in page.links) or page.goes_on_to is not None
    return page.status == 400 and "Location" not in response.headers and not leads_elsewhere


def asks(dcc: Application, **changed: str | None):
    return dcc.calls.get(dcc.asks(**changed))


@pytest.mark.parametrize(
    "who",
    [
        {"client_id": "nobody", "redirect_uri": ELSEWHERE},
        {"client_id": None, "redirect_uri": ELSEWHERE},
        {"redirect_uri": ELSEWHERE},
        {"redirect_uri": None},
    ],
    ids=["unknown client", "no client", "unregistered", "no redirect_uri"],
)
def test_whatever_else_is_wrong_an_address_that_is_not_registered_is_never_gone_to(dcc, who):
    """RFC 6749 4.1.2.1: MUST NOT automatically redirect the user-agent to the invalid redirection URI."""
    faults = OTHER_FAULTS + [one | other for one, other in combinations(OTHER_FAULTS, 2)]
    assert [fault for fault in faults if not is_a_page_of_ours(asks(dcc, **(fault | who)))] == []


NEARLY = [
    "http://127.0.0.1:8411/callbac",
    "http://127.0.0.1:8411/callback/",
    "http://127.0.0.1:8411/callback?x=1",
    "http://127.0.0.1:8411/callback#x",
    "http://127.0.0.1:8411/callback/../evil",
    "http://127.0.0.1:8411/Callback",
    "HTTP://127.0.0.1:8411/callback",
    "http://127.0.0.1:8411/%63allback",
    "http://127.0.0.1:8411//callback",
    "http://127.0.0.1:84110/callback",
    "http://127.0.0.1/callback",
    "https://127.0.0.1:8411/callback",
    "http://127.0.0.1:8411@attacker.example/callback",
    "http://127.0.0.1:8411.attacker.example/callback",
    "http://localhost:8411/callback",
    "http://[::1]:8411/callback",
    "http://2130706433:8411/callback",
    " http://127.0.0.1:8411/callback",
    "http://127.0.0.1:8411/callback ",
    "http://127.0.0.1:8411/callback\n",
    "http://127.0.0.1:8411/callback\x00",
    "http://127.0.0.1:8411\\@attacker.example/callback",
    "//127.0.0.1:8411/callback",
    "/callback",
    "javascript:alert(1)",
    "http://127.0.0.1:8412/callback",
]


def test_an_address_that_is_nearly_registered_is_not(dcc):
    """Core 1.0 3.1.2.1: simple string comparison, RFC 3986 6.2.1; the last is another application's own."""
    assert [like for like in NEARLY if not is_a_page_of_ours(asks(dcc, redirect_uri=like))] == []


@pytest.mark.parametrize(
    "parameter", ["client_id", "redirect_uri", "response_type", "state", "scope", "code_challenge"]
)
def test_of_a_parameter_given_twice_neither_is_chosen(dcc, parameter):
    """RFC 6749 3.1: parameters MUST NOT be included more than once; proxies and we may not take the same one."""
    request = dcc.request()
    twice = [*request.items(), (parameter, ELSEWHERE)]
    for query in (urlencode(twice), urlencode(twice[::-1])):
        assert is_a_page_of_ours(dcc.calls.get(f"/oidc/authorize?{query}"))


def test_the_page_for_developers_shows_no_address_as_a_link_to_follow(idp, dcc):
    browser = idp.a_browser()
    page = browser.visits(dcc.asks(redirect_uri=ELSEWHERE))
    assert [link.address for link in page.links if link.address.startswith(ELSEWHERE)] == []


@pytest.mark.parametrize(
    "back", [ELSEWHERE, "//attacker.example", "/\\attacker.example", "https:attacker.example", "/\t/attacker.example"]
)
def test_the_switch_of_languages_leads_to_our_own_pages_only(idp, back):
    response = idp.a_browser().asks(f"{idp.issuer}/language?{urlencode({'to': 'en', 'back': back})}")
    assert response.headers["Location"] == "/"


def test_a_logout_leads_to_registered_addresses_only(browser, jeanne, dcc, perinat):
    """RP-Initiated Logout 1.0 section 3: MUST NOT perform post-logout redirection if the value does not match."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    for where in (
        ELSEWHERE,
        perinat.post_logout_redirect_uri,
        f"{dcc.post_logout_redirect_uri}/",
        f"{dcc.post_logout_redirect_uri}?x",
        "javascript:alert(1)",
    ):
        page = browser.visits(dcc.asks_to_log_out(signed_in, post_logout_redirect_uri=where))
        assert page.url.startswith(dcc.issuer)
        assert where not in [link.address for link in page.links]


def test_a_logout_that_names_two_applications_leads_to_neither(browser, jeanne, dcc, perinat):
    """Section 2: the OP MUST verify that client_id matches the one used when issuing the ID Token."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    page = browser.visits(dcc.asks_to_log_out(signed_in, client_id=perinat.client_id))
    page = browser.submits(page.form_of("Me déconnecter"))
    assert [link.address for link in page.links if "signed-out" in link.address] == []


def test_no_address_that_we_write_comes_from_the_request(idp, dcc):
    """Prevents: a mailed link, a discovery document or a redirect on an attacker's host, by a header."""
    names = ("Host", "X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host")
    headers = dict.fromkeys(names, "attacker.example") | {"Forwarded": "host=attacker.example"}
    for path in ("/", "/.well-known/openid-configuration", "/oidc/jwks", dcc.asks().removeprefix(dcc.issuer)):
        response = dcc.calls.get(path, headers=headers)
        assert "attacker" not in response.text + str(response.headers)


def test_no_address_of_ours_is_redirected_before_its_view_is_called(idp):
    """Such a redirection would lead to no host: `WebApplication` finds a view without one."""
    for rule in idp.app.url_map.iter_rules():
        assert not rule.rule.endswith("/") or rule.rule == "/"
        assert (rule.defaults or {}, rule.alias, rule.redirect_to) == ({}, False, None)


def test_a_mailed_link_is_at_our_issuer_whatever_host_was_asked(idp, browser, jeanne):
    page = browser.visits(f"{idp.issuer}/password/forgotten")
    form = page.form_with("login")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies["localhost"].items())
    headers = {"Host": "attacker.example", "X-Forwarded-Host": "attacker.example", "Cookie": cookies}
    idp.app.test_client(use_cookies=False).post(
        "/password/forgotten", data=form.fields | {"login": jeanne.login}, headers=headers
    )
    for letter in idp.letters():
        assert "attacker" not in letter.as_string()
    assert f"{idp.issuer}/password/choose/" in idp.letters()[-1].get_content()


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("client_id=%ff", "request.malformed"),
        ("&".join(f"p{number}=1" for number in range(60)), "request.malformed"),
        ("client_id=dcc&client_id=perinat", "parameter.repeated"),
        ("client_id=" + "a" * 9000, "request.too-large"),
    ],
    ids=["not UTF-8", "too many parameters", "repeated", "too large"],
)
def test_a_query_that_cannot_be_read_is_a_page_that_says_so(dcc, query, fault):
    response = dcc.calls.get(f"/oidc/authorize?{query}")

    assert is_a_page_of_ours(response)
    assert fault in response.text


@pytest.mark.parametrize("path", ["/login//confirm", "/oidc//authorize", "/account/"])
def test_an_address_that_is_nearly_one_of_ours_is_not_corrected_by_what_the_host_header_says(dcc, path):
    response = dcc.calls.get(f"{path}?x=%0d%0a", headers={"Host": "attacker.example"})

    assert response.status_code == 404
    assert "Location" not in response.headers
