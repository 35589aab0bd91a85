"""openid-client, a certified relying party of other people's, logs a person in with its own words and checks."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.installation import Installation
from tests.interop.node import NODE, with_its_packages
from tests.interop.plain_browser import JEANNE, PlainBrowser

pytestmark = pytest.mark.interop

REDIRECT_URI = "http://127.0.0.1:9/callback"  # nothing listens there: the address itself is what we want
SIGNED_OUT = "http://127.0.0.1:9/signed-out"


@pytest.fixture(scope="module")
def openid_client() -> Path:
    """The program beside the modules it imports."""
    return with_its_packages("openid_client.mjs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What openid-client made of one login."""

    asked: dict[str, list[str]]
    answered: str
    learnt: dict[str, Any]


def a_login(openid_client: Path, installation: Installation, authentication: str, *, secret: str | None) -> Journey:
    given = {
        "issuer": installation.issuer,
        "clientId": f"other-{authentication}",
        "clientSecret": secret,
        "authentication": authentication,
        "redirectUri": REDIRECT_URI,
        "postLogoutRedirectUri": SIGNED_OUT,
    }
    program = [NODE, openid_client, json.dumps(given)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout
        address = json.loads(client.stdout.readline())
        answered = PlainBrowser().logs_in(JEANNE, at=address, until=REDIRECT_URI)
        learnt, _ = client.communicate(json.dumps(answered) + "\n", timeout=120)
    return Journey(asked=parse_qs(urlsplit(address).query), answered=answered, learnt=json.loads(learnt))


def registered(installation: Installation, authentication: str) -> str | None:
    """The secret of an application that proves itself so; a public one has none."""
    client_id = f"other-{authentication}"
    secret_file = installation.register(
        f"""
        name = "{client_id.replace("_", "-")}"
        home_url = "http://127.0.0.1:9/"
        attributes = ["given_name", "family_name", "email"]
        entry = "everyone"
        lowest_assurance = "password"
        display_name = {{ fr = "L'application des autres", en = "The others' application" }}

        [oidc]
        client_id = "{client_id}"
        redirect_uris = ["{REDIRECT_URI}"]
        post_logout_redirect_uris = ["{SIGNED_OUT}"]
        client_authentication = "{authentication}"
        """,
        client_id=client_id,
        has_secret=authentication != "none",
    )
    return secret_file.read_text(encoding="utf-8").strip() if secret_file else None


@pytest.mark.parametrize("authentication", ["client_secret", "client_secret_basic", "client_secret_post", "none"])
def test_openid_client_logs_a_person_in(installation, openid_client, authentication):
    """Its own checks: discovery, state, RFC 9207's iss, PKCE, the ID token with its nonce, the sub of userinfo."""
    journey = a_login(openid_client, installation, authentication, secret=registered(installation, authentication))

    claims, userinfo = journey.learnt["claims"], journey.learnt["userinfo"]
    assert journey.asked["code_challenge_method"] == ["S256"]
    assert claims["iss"] == installation.issuer
    assert claims["amr"] == ["pwd"]
    assert userinfo["sub"] == claims["sub"]
    assert (userinfo["given_name"], userinfo["family_name"]) == ("Jeanne", "Dupont")
    assert journey.learnt["logout"].startswith(installation.issuer)


def test_openid_client_is_refused_with_another_secret(installation, openid_client):
    """RFC 6749, 5.2: a challenge answers the Authorization header, and openid-client reads nothing else then."""
    registered(installation, "client_secret_basic")
    journey = a_login(openid_client, installation, "client_secret_basic", secret="not the secret")
    assert journey.learnt == {"refused": "OAUTH_WWW_AUTHENTICATE_CHALLENGE", "status": 401}


@pytest.mark.parametrize("authentication", ["client_secret", "client_secret_post"])
def test_openid_client_reads_why_what_it_posted_is_refused(installation, openid_client, authentication):
    registered(installation, authentication)
    journey = a_login(openid_client, installation, authentication, secret="not the secret")
    assert journey.learnt == {"refused": "invalid_client", "status": 401, "why": "wrong client secret"}
