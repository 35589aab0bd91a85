"""What the sample application believes when the identity provider says by itself that a person has logged out."""

import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from werkzeug.test import TestResponse

from relying_parties.samples.app import create_app
from relying_parties.samples.configuration import OidcConfiguration
from relying_parties.samples.oidc.logout_token import EVENT
from tests.relying_parties.samples.dcc import a_dcc, logs_in, visit
from tests.relying_parties.samples.small_provider import KEY, SmallProvider


@pytest.fixture
def dcc(provider: SmallProvider) -> OidcConfiguration:
    return a_dcc(provider.issuer)


@pytest.fixture
def browser(dcc: OidcConfiguration) -> FlaskClient:
    """Where Jeanne has logged in: sub s-1, sid session-1."""
    client = create_app(dcc).test_client()
    logs_in(client)
    return client


def a_logout_token(
    provider: SmallProvider, *, header: dict[str, Any] | None = None, key: Any = KEY, **changed: Any
) -> str:
    """Back-Channel Logout 1.0, section 2.4; a claim that is changed to None is left out."""
    now = int(time.time())
    claims: dict[str, Any] = {"iss": provider.issuer, "aud": "dcc", "iat": now, "exp": now + 120}
    claims |= {"jti": f"token-{time.perf_counter_ns()}", "sub": "s-1", "sid": "session-1", "events": {EVENT: {}}}
    told = {name: value for name, value in (claims | changed).items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "one", "typ": "logout+jwt"} | (header or {}), told, key)


def say(browser: FlaskClient, token: str) -> TestResponse:
    """As the identity provider does: no browser, no cookie, no Origin."""
    telling = browser.application.test_client()
    return telling.post("/backchannel-logout", data={"logout_token": token}, base_url="http://10.0.0.7:8411")


def is_logged_in(browser: FlaskClient) -> bool:
    return visit(browser, "/me").status_code == 200


@pytest.mark.parametrize(
    "named", [{}, {"sub": None}, {"sid": None}, {"aud": ["dcc", "another"]}, {"header": {"typ": "LOGOUT+JWT"}}]
)
def test_the_named_session_has_ended(browser, provider, named):
    answer = say(browser, a_logout_token(provider, **named))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"  # section 2.8
    assert not is_logged_in(browser)


@pytest.mark.parametrize("named", [{"sid": "session-2"}, {"sub": "s-2"}, {"sub": "s-2", "sid": None}])
def test_another_session_continues(browser, provider, named):
    """Section 2.7: none of ours to end is a success all the same."""
    assert say(browser, a_logout_token(provider, **named)).status_code == 200
    assert is_logged_in(browser)


@pytest.mark.parametrize(
    "changed",
    [
        {"key": ECKey.generate_key("P-256")},
        {"header": {"alg": "HS256"}, "key": OctKey.import_key(b"known known known known known kn")},
        {"header": {"typ": "JWT"}},
        {"iss": "https://other.example"},
        {"aud": "perinat"},
        {"aud": None},
        {"iat": None},
        {"iat": 1_000_000},
        {"iat": "now"},
        {"exp": None},
        {"jti": None},
        {"sub": None, "sid": None},
        {"sid": ["session-1"]},
        {"events": None},
        {"events": {}},
        {"events": [EVENT]},
        {"nonce": "n-1"},  # an ID token must not pass for one
    ],
)
def test_an_invalid_logout_token_ends_no_session(browser, provider, changed):
    """Section 2.6."""
    refused = say(browser, a_logout_token(provider, **changed))
    assert refused.status_code == 400
    assert refused.json["error"] == "invalid_request"
    assert is_logged_in(browser)


def test_a_logout_token_that_ended_more_than_a_minute_ago_ends_no_session(browser, provider):
    """Section 2.6, step 3."""
    assert say(browser, a_logout_token(provider, exp=int(time.time()) - 90)).status_code == 400
    assert is_logged_in(browser)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é", "." * 50, "eyJhbGciOiJub25lIn0.e30."])
def test_a_value_that_is_not_a_token_is_refused(browser, token):
    assert say(browser, token).status_code == 400
    assert is_logged_in(browser)


def test_a_logout_token_is_accepted_once(browser, provider):
    """Section 2.6, step 7."""
    token = a_logout_token(provider)
    assert say(browser, token).status_code == 200
    logs_in(browser)
    assert say(browser, token).status_code == 400
    assert is_logged_in(browser)


def test_an_unreachable_identity_provider_is_not_reported_as_an_invalid_token(provider):
    nowhere = create_app(a_dcc("http://127.0.0.1:9")).test_client()
    assert say(nowhere, a_logout_token(provider)).status_code == 503
