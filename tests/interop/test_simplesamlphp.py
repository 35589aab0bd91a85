"""SimpleSAMLphp, as a service provider, knows who has logged in, and is told of the end."""

import sys
from collections.abc import Iterator

import pytest

from tests.installation import Installation
from tests.interop.apache import what_was_logged
from tests.interop.plain_browser import JEANNE, PlainBrowser
from tests.interop.service_providers import TrustedIdentityProvider, last_answer, names_in, register
from tests.interop.simplesamlphp_sp import SimpleSamlPhp, a_simplesamlphp

pytestmark = pytest.mark.interop

ATTRIBUTES = {
    "urn:oid:2.5.4.42": ["Jeanne"],
    "urn:oid:2.5.4.4": ["Dupont"],
    "urn:oid:0.9.2342.19200300.100.1.3": [JEANNE.email],
}


@pytest.fixture(scope="module")
def simplesamlphp(installation: Installation) -> Iterator[SimpleSamlPhp]:
    with a_simplesamlphp(TrustedIdentityProvider.at(f"{installation.issuer}/saml/metadata")) as running:
        register(installation, running.strict, encryption="required", encrypt_name_id=True, weak_algorithms=["aes-cbc"])
        register(installation, running.artifacts, encryption="never")
        yield running


@pytest.fixture(autouse=True)
def _what_is_logged(installation: Installation, simplesamlphp: SimpleSamlPhp) -> Iterator[None]:
    """A test that fails shows it."""
    yield
    sys.stderr.write(what_was_logged(installation.folder) + what_was_logged(simplesamlphp.folder))


@pytest.fixture
def browser() -> PlainBrowser:
    return PlainBrowser()


def test_it_asks_by_a_signed_redirect_and_reads_an_encrypted_assertion(browser, simplesamlphp):
    learnt = browser.signs_in(JEANNE, at=simplesamlphp.strict.protected).json()
    assert learnt["attributes"] == ATTRIBUTES
    assert learnt["context"] == "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
    assert "EncryptedAssertion" in names_in(last_answer(browser))


def test_it_asks_for_an_artifact_and_resolves_it(browser, simplesamlphp):
    """Bindings, section 3.6."""
    learnt = browser.signs_in(JEANNE, at=simplesamlphp.artifacts.protected).json()
    assert learnt["attributes"] == ATTRIBUTES
    assert not any("SAMLResponse" in form.fields for form in browser.carried)


def test_a_persistent_name_stays_the_same(simplesamlphp):
    """Core, section 8.3.7."""
    first = PlainBrowser().signs_in(JEANNE, at=simplesamlphp.strict.protected).json()
    again = PlainBrowser().signs_in(JEANNE, at=simplesamlphp.strict.protected).json()
    assert first["name_id"] == again["name_id"]
    assert first["name_id_format"] == "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
    assert first["session_index"] != again["session_index"]


def test_its_own_logout_ends_every_session(browser, simplesamlphp):
    """Profiles, section 4.4, by redirect, with an EncryptedID."""
    browser.signs_in(JEANNE, at=simplesamlphp.strict.protected)
    browser.opens(simplesamlphp.artifacts.protected).json()
    page = browser.opens(simplesamlphp.strict.logout)
    assert page.text == "logged out\n"
    for service_provider in (simplesamlphp.strict, simplesamlphp.artifacts):
        assert 'name="password"' in browser.opens(service_provider.protected).text


def test_our_logout_ends_every_session(browser, installation, simplesamlphp):
    """By redirect: simplesamlphp/authsources.php says why not by SOAP."""
    browser.signs_in(JEANNE, at=simplesamlphp.strict.protected)
    browser.opens(simplesamlphp.artifacts.protected).json()
    browser.logs_out(installation.issuer)
    for service_provider in (simplesamlphp.strict, simplesamlphp.artifacts):
        assert 'name="password"' in browser.opens(service_provider.protected).text
