"""The sample application DCC, and a browser that logs in to it."""

from urllib.parse import urlsplit

import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from relying_parties.samples.configuration import OidcConfiguration, Other


def a_dcc(issuer: str) -> OidcConfiguration:
    return OidcConfiguration(
        name="DCC",
        client_id="dcc",
        client_secret="known",
        issuer=issuer,
        port=8411,
        address="http://127.0.0.1:8411",
        others=(Other("Périnat", "http://127.0.0.1:8412/me"),),
    )


def visit(browser: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}", base_url="http://127.0.0.1:8411")


def asks_to_log_in(browser: FlaskClient) -> str:
    """The address on which the identity provider answers."""
    to_provider = visit(browser, "/login").location
    answer = requests.get(to_provider, allow_redirects=False, timeout=60)
    return answer.headers["Location"]


def logs_in(browser: FlaskClient) -> TestResponse:
    """The page seen when it is over."""
    seen = visit(browser, asks_to_log_in(browser))
    return visit(browser, seen.location) if seen.location else seen
