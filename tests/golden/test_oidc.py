"""What applications and people are given, word for word: a change here is a change for them, and is looked at.

`make golden` writes the files anew.
"""

import json
from datetime import UTC, datetime

import pytest
import time_machine

from tests.actors.application import parts_of

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)  # in Paris


@pytest.fixture
def noon(idp):
    with time_machine.travel(NOON, tick=False):
        yield


def written(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def test_the_discovery_document(dcc, is_golden):
    """OpenID Connect Discovery 1.0 section 3."""
    is_golden("discovery.json", written(dcc.calls.get("/.well-known/openid-configuration").get_json()))


def test_the_shape_of_the_published_keys(dcc, is_golden):
    """RFC 7517: two algorithms, a key that signs and one that will."""
    keys = dcc.calls.get("/oidc/jwks").get_json()["keys"]
    shown = ("alg", "crv", "e", "kty", "use")
    lengths = [
        {name: value if name in shown else f"{len(value)} characters" for name, value in sorted(key.items())}
        for key in keys
    ]
    is_golden("jwks.json", written(sorted(lengths, key=lambda key: key["alg"])))


def test_the_claims_of_an_id_token(noon, browser, jeanne, dcc, is_golden):
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, nonce="n-0S6_WzA2Mj"))
    header, claims = parts_of(signed_in.id_token)
    varying = {"sub": "<subject>", "sid": "<session>", "at_hash": "<hash>"}
    is_golden("id-token.json", written({"header": header | {"kid": "<kid>"}, "claims": claims | varying}))


def test_the_token_response_and_userinfo(noon, browser, jeanne, dcc, is_golden):
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc))
    tokens = dcc.redeems(answer).get_json()
    userinfo = dcc.userinfo(tokens["access_token"]).get_json() | {"sub": "<subject>"}
    tokens |= {"access_token": "<token>", "id_token": "<ID token>"}
    is_golden("token-response.json", written({"token": tokens, "userinfo": userinfo}))


def test_the_outline_of_the_sign_on_page(noon, browser, dcc, is_golden):
    page = browser.visits(dcc.asks())
    secret = page.path.rpartition(":")[2]
    is_golden("sign-on-page.txt", "\n".join([page.title, *page.outline]).replace(secret, "<secret>") + "\n")


def test_the_outline_of_my_session(noon, idp, browser, jeanne, is_golden):
    browser.visits(f"{idp.issuer}/account")
    page = browser.gives(jeanne)
    is_golden("session-page.txt", "\n".join([page.title, *page.outline, page.text.partition("Changer")[0]]) + "\n")
