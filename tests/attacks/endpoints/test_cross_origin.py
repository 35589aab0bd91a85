"""Prevents: a page of any origin but a public client's own reading what we answer. The Fetch standard, section 3.2."""

import pytest

from idp.oidc.cors import ENDPOINTS
from relying_parties.policy import ClientAuthentication
from tests.builders.operators import OPERATOR
from tests.builders.registry import a_registration

PAGE = "https://spa.example"
CLOSED = ["/oidc/token", "/oidc/userinfo"]
OPEN = ["/.well-known/openid-configuration", "/oidc/jwks"]


@pytest.fixture
def spa(idp):
    """An application that lives in a browser."""
    terms = {"client_authentication": ClientAuthentication.NONE, "redirect_uris": (f"{PAGE}/callback",)}
    return idp.registers(a_registration(name="spa", client_id="spa", home_url=f"{PAGE}/", **terms))


def preflight(application, path, origin, method="POST", headers="authorization,content-type"):
    """What a browser sends before it sends the request itself."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return application.calls.options(path, headers=asked)


def allows(response) -> str | None:
    assert "Access-Control-Allow-Credentials" not in response.headers
    return response.headers.get("Access-Control-Allow-Origin")


def is_allowed(application, path, origin) -> bool:
    return allows(preflight(application, path, origin)) == origin


@pytest.mark.parametrize("path", CLOSED)
def test_a_public_client_s_page_may_ask_and_read(spa, path):
    answered = preflight(spa, path, PAGE)
    assert (answered.status_code, allows(answered)) == (204, PAGE)
    assert "Origin" in answered.headers["Vary"]
    assert set(ENDPOINTS[path].methods) == set(answered.headers["Access-Control-Allow-Methods"].split(", "))
    assert "Content-Type" in answered.headers["Access-Control-Allow-Headers"]
    refused = spa.calls.post(path, headers={"Origin": PAGE})
    assert (refused.status_code in (400, 401), allows(refused)) == (True, PAGE)


def test_the_whole_of_a_login_is_read_by_its_page(browser, jeanne, spa):
    answer = spa.answer(browser.logs_in(jeanne, to=spa))
    asked = spa.asked[answer.state]
    form = {"grant_type": "authorization_code", "code": answer.code, "redirect_uri": asked.redirect_uri}
    form |= {"code_verifier": asked.verifier, "client_id": "spa"}
    tokens = spa.calls.post("/oidc/token", data=form, headers={"Origin": PAGE})
    assert (tokens.status_code, allows(tokens)) == (200, PAGE)
    bearer = {"Authorization": f"Bearer {tokens.get_json()['access_token']}", "Origin": PAGE}
    assert allows(spa.calls.get("/oidc/userinfo", headers=bearer)) == PAGE


STRANGERS = [
    "https://attacker.example",
    "https://dcc.example",  # an application's, which has a secret
    "http://127.0.0.1:8411",  # the same
    "http://spa.example",
    "https://spa.example:8443",
    "https://spa.example.attacker.example",
    "https://notspa.example",
    "HTTPS://SPA.EXAMPLE",
    "https://spa.example/",
    "https://spa.example, https://attacker.example",
    "null",
    "",
    "*",
    "https://" + "a" * 5_000,
]


@pytest.mark.parametrize("path", CLOSED)
def test_no_other_page_may(spa, dcc, path):
    for origin in STRANGERS:
        answered = preflight(dcc, path, origin)
        assert (origin, answered.status_code, allows(answered)) == (origin, 204, None)
        assert not [name for name, _ in answered.headers if name.startswith("Access-Control-")]
        read = dcc.calls.post(path, headers={"Origin": origin})
        assert (origin, allows(read), "Origin" in read.headers["Vary"]) == (origin, None, True)


@pytest.mark.parametrize("path", OPEN)
def test_what_is_the_same_for_everyone_is_read_by_all(dcc, path):
    for origin in (PAGE, "https://anyone.example", "null"):
        assert allows(preflight(dcc, path, origin, method="GET")) == "*"
        assert allows(dcc.calls.get(path, headers={"Origin": origin})) == "*"


@pytest.mark.parametrize("path", ["/oidc/authorize", "/oidc/logout", "/", "/account", "/login/x", "/saml/metadata"])
def test_nothing_else_is_read_by_a_page_of_another_origin(spa, path):
    assert allows(preflight(spa, path, PAGE)) is None
    assert allows(spa.calls.get(path, headers={"Origin": PAGE})) is None


def test_a_registration_may_name_its_origins(idp, spa):
    elsewhere = "https://pages.spa.example"
    assert not is_allowed(spa, "/oidc/token", elsewhere)
    idp.amends(spa, origins=(elsewhere,))
    assert is_allowed(spa, "/oidc/token", elsewhere)
    assert not is_allowed(spa, "/oidc/token", PAGE)


def test_an_origin_goes_with_its_application(idp, spa):
    idp.suspends(spa)
    assert not is_allowed(spa, "/oidc/token", PAGE)
    idp.services.registry.resume("spa", actor=OPERATOR)
    assert is_allowed(spa, "/oidc/token", PAGE)
    idp.amends(spa, client_authentication=ClientAuthentication.SECRET)
    assert not is_allowed(spa, "/oidc/token", PAGE)
