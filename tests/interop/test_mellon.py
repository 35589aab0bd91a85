"""mod_auth_mellon knows who has logged in, and is told of the end."""

import sys
from collections.abc import Iterator

import pytest

from tests.installation import Installation
from tests.interop import enhanced_client
from tests.interop.apache import what_was_logged
from tests.interop.mellon_sp import Mellon, a_mellon
from tests.interop.plain_browser import JEANNE, PlainBrowser
from tests.interop.service_providers import (
    TrustedIdentityProvider,
    environment,
    last_answer,
    names_in,
    register,
)

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def mellon(installation: Installation) -> Iterator[Mellon]:
    with a_mellon(TrustedIdentityProvider.at(f"{installation.issuer}/saml/metadata")) as running:
        register(installation, running.application, encryption="required", idp_initiated=True, ecp=True)
        yield running


@pytest.fixture(autouse=True)
def _what_is_logged(installation: Installation, mellon: Mellon) -> Iterator[None]:
    """A test that fails shows it."""
    yield
    sys.stderr.write(what_was_logged(installation.folder) + what_was_logged(mellon.folder))


@pytest.fixture
def browser() -> PlainBrowser:
    return PlainBrowser()


def test_it_asks_by_a_signed_redirect_and_reads_an_encrypted_assertion(browser, mellon):
    """It asks for PasswordProtectedTransport, exactly, and believes no other answer."""
    learnt = environment(browser.signs_in(JEANNE, at=mellon.application.protected))
    assert (learnt["givenName"], learnt["sn"], learnt["mail"]) == ("Jeanne", "Dupont", JEANNE.email)
    assert "EncryptedAssertion" in names_in(last_answer(browser))


def test_a_transient_name_is_another_in_each_session(mellon):
    """Core, section 8.3.8: what it asks for by default."""
    first = environment(PlainBrowser().signs_in(JEANNE, at=mellon.application.protected))["NAME_ID"]
    again = environment(PlainBrowser().signs_in(JEANNE, at=mellon.application.protected))["NAME_ID"]
    assert first != again


def test_we_begin_where_the_registration_allows_it(browser, installation, mellon):
    """Profiles, section 4.1.5: an unsolicited Response."""
    begins = f"{installation.issuer}/saml/start/{mellon.application.identifier}?target={mellon.application.protected}"
    assert environment(browser.signs_in(JEANNE, at=begins))["sn"] == "Dupont"


def test_a_person_logs_in_without_a_browser(installation, mellon):
    """Profiles, section 4.2: ECP."""
    page = enhanced_client.opens(
        mellon.application.protected, by=JEANNE, identity_provider=f"{installation.issuer}/saml/ecp"
    )
    assert environment(page)["sn"] == "Dupont"


def test_its_own_logout_ends_our_session(browser, installation, mellon):
    """Profiles, section 4.4, by redirect."""
    browser.signs_in(JEANNE, at=mellon.application.protected)
    page = browser.opens(mellon.application.logout)
    assert page.url == f"{mellon.url}/"
    assert 'name="password"' in browser.opens(mellon.application.protected).text


def test_our_logout_ends_its_session_by_soap(browser, installation, mellon):
    """Profiles, section 4.4.3.4: without its being asked through the browser."""
    browser.signs_in(JEANNE, at=mellon.application.protected)
    carried = len(browser.carried)
    browser.logs_out(installation.issuer)
    assert len(browser.carried) == carried
    assert 'name="password"' in browser.opens(mellon.application.protected).text
