"""The sample messaging service, as a browser and its identity provider use it."""

from datetime import timedelta
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from relying_parties.samples.configuration import SamlConfiguration
from relying_parties.samples.saml.keys import key_pair_in
from tests.relying_parties.samples.small_saml_provider import SmallSamlProvider

AT = "http://127.0.0.1:8413"

LONG_AGO = timedelta(hours=1)


def a_service(provider: SmallSamlProvider, **other: str) -> SamlConfiguration:
    given = {"metadata_url": provider.entity_id, "key_folder": provider.folder / "messagerie"} | other
    return SamlConfiguration(name="Messagerie", port=8413, address=AT, **given)


def visit(browser: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}", base_url=AT)


def certificate_of(provider: SmallSamlProvider) -> str:
    return key_pair_in(provider.folder / "messagerie").certificate


def post_answer(browser: FlaskClient, form: dict[str, str]) -> TestResponse:
    """As a browser does from another site: without the Lax cookie."""
    return browser.application.test_client().post(
        "/saml/acs", data=form, base_url=AT, headers={"Origin": "http://localhost:8400"}
    )


def comes_back(browser: FlaskClient, provider: SmallSamlProvider) -> TestResponse:
    """The answer to the application's request, delivered, and what is seen then."""
    asked = provider.receives(visit(browser, "/login").location)
    posted = post_answer(browser, provider.answers(asked, certificate_of(provider)))
    return visit(browser, posted.location) if posted.location else posted


def logs_in(browser: FlaskClient, provider: SmallSamlProvider) -> TestResponse:
    seen = comes_back(browser, provider)
    return visit(browser, seen.location) if seen.location else seen


def is_logged_in(browser: FlaskClient) -> bool:
    return "Jeanne" in visit(browser, "/").text
