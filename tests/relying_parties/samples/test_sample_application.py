"""What a sample application believes, and what it does not."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from relying_parties.samples.app import create_app
from tests.relying_parties.samples.dcc import a_dcc, asks_to_log_in, logs_in, visit
from tests.relying_parties.samples.small_provider import SmallProvider


@pytest.fixture
def browser(provider: SmallProvider) -> FlaskClient:
    """At the DCC's front page."""
    return create_app(a_dcc(provider.issuer)).test_client()


def test_the_page_shows_the_person_the_method_and_the_time(browser):
    page = logs_in(browser)

    assert "Bonjour Jeanne Dupont" in page.text
    assert "urn:example:password" in page.text
    assert "mot de passe" in page.text
    assert "session-1" in page.text
    assert "jeanne@exemple.test" in page.text
    assert "10^1.2.250.1.71.1.2.7" in page.text
    assert 'href="http://127.0.0.1:8412/me"' in page.text


def test_a_login_request_has_state_nonce_and_pkce(browser, provider):
    logs_in(browser)

    assert provider.asked["response_type"] == "code"
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.asked["state"]
    assert provider.asked["nonce"]
    assert provider.authorization.startswith("Basic ")


def test_the_session_identifier_changes_at_login(browser):
    """Else a name planted before the login would open the session after it."""
    visit(browser, "/login")
    before = browser.get_cookie("dcc-session", domain="127.0.0.1").value
    logs_in(browser)
    after = browser.get_cookie("dcc-session", domain="127.0.0.1")
    assert after.value != before
    assert after.http_only
    assert after.same_site == "Lax"


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ({"sender": "https://other.example"}, "(iss)"),  # RFC 9207, 2.4
        ({"claims": {"iss": "https://other.example"}}, "iss"),  # OpenID Connect Core 1.0, 3.1.3.7
        ({"claims": {"aud": "perinat"}}, "aud"),
        ({"claims": {"aud": ["perinat"], "azp": "dcc"}}, "aud"),
        ({"claims": {"nonce": "another"}}, "nonce"),
        ({"claims": {"nonce": None}}, "nonce"),
        ({"key": ECKey.generate_key("P-256")}, "signature"),
        ({"userinfo_sub": "s-2"}, "sub"),  # OpenID Connect Core 1.0, 5.3.2
    ],
)
def test_an_invalid_answer_is_refused(browser, provider, instead, said):
    provider.instead = instead
    page = logs_in(browser)
    assert page.status_code == 400
    assert said in page.text
    assert visit(browser, "/me").location != "/me"
    assert "Jeanne" not in visit(browser, "/").text


def test_an_id_token_that_ended_more_than_a_minute_ago_is_refused(browser, provider):
    provider.instead = {"claims": {"exp": int(time.time()) - 90}}
    page = logs_in(browser)
    assert page.status_code == 400
    assert "expire" in page.text
    assert visit(browser, "/me").location != "/me"


def test_clocks_a_minute_apart_are_tolerated(browser, provider):
    now = int(time.time())
    provider.instead = {"claims": {"iat": now + 45, "exp": now - 45}}
    assert "Bonjour Jeanne Dupont" in logs_in(browser).text


@pytest.mark.parametrize(
    ("instead", "said"),
    [
        ({"answer": {"error": "access_denied", "error_description": "Not entitled."}}, "habilitée"),
        ({"answer": {"error": "made_up"}}, "journal"),
        ({"token": {"error": "invalid_client", "error_description": "Unknown secret."}}, "client_secret_file"),
    ],
)
def test_the_error_page_tells_the_developer_what_to_check(browser, provider, instead, said):
    provider.instead = instead
    page = logs_in(browser)
    refusal = instead.get("answer") or instead["token"]
    assert refusal["error"] in page.text
    assert refusal.get("error_description", "") in page.text
    assert said in page.text


@pytest.mark.parametrize("answer", ["code=good", "error=access_denied&error_description=words+of+a+stranger"])
def test_an_unrequested_answer_is_refused(browser, provider, answer):
    page = visit(browser, f"/callback?{answer}&state=planted&iss={provider.issuer}")
    assert page.status_code == 400
    assert "aucune connexion en cours" in page.text
    assert "stranger" not in page.text


def test_an_answer_that_is_loaded_twice_keeps_the_session(browser):
    returning = asks_to_log_in(browser)
    visit(browser, returning)
    assert visit(browser, returning).location == "/me"


def test_an_answer_that_is_loaded_twice_without_a_session_starts_a_new_login(browser):
    returning = asks_to_log_in(browser)
    kept = browser.get_cookie("dcc-session", domain="127.0.0.1").value
    visit(browser, returning)
    browser.set_cookie("dcc-session", kept, domain="127.0.0.1")
    assert visit(browser, returning).location == "/login"


def test_an_unreachable_provider_gives_a_clear_page():
    nobody = a_dcc("http://127.0.0.1:9")
    page = visit(create_app(nobody).test_client(), "/login")
    assert page.status_code == 503
    assert "ne répond pas" in page.text


def test_a_provider_with_another_issuer_is_refused(browser, provider):
    """OpenID Connect Discovery 1.0, 4.3."""
    provider.instead = {"issuer": "https://other.example"}
    page = visit(browser, "/login")
    assert page.status_code == 502
    assert "https://other.example" in page.text


def test_a_logout_ends_the_local_session_and_then_that_of_the_identity_provider(browser, provider):
    logs_in(browser)
    cookie = browser.get_cookie("dcc-session", domain="127.0.0.1").value

    leaving = browser.post("/logout", base_url="http://127.0.0.1:8411")

    sent = parse_qs(urlsplit(leaving.location).query)
    assert leaving.location.startswith(f"{provider.issuer}/logout?")
    assert sent["id_token_hint"][0].count(".") == 2
    assert sent["post_logout_redirect_uri"] == ["http://127.0.0.1:8411/signed-out"]
    assert "et chez le fournisseur" in visit(browser, f"/signed-out?state={sent['state'][0]}").text
    browser.set_cookie("dcc-session", cookie, domain="127.0.0.1")
    assert visit(browser, "/me").location == "/login"


def test_another_site_cannot_log_a_person_out(browser):
    logs_in(browser)
    refused = browser.post("/logout", base_url="http://127.0.0.1:8411", headers={"Origin": "http://127.0.0.1:8412"})
    assert refused.status_code == 403
    assert visit(browser, "/me").status_code == 200


def test_another_name_of_this_machine_redirects_to_the_configured_one(browser):
    assert browser.get("/login", base_url="http://localhost:8411").location == "http://127.0.0.1:8411/login"


@pytest.mark.parametrize("address", ["/", "/me", "/style.css", "/nowhere"])
def test_every_response_has_security_headers_and_is_not_cached(browser, address):
    headers = visit(browser, address).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
