"""node-saml (passport-saml's core) knows who has logged in, and is told of the end."""

from collections.abc import Iterator

import pytest

from tests.installation import Installation
from tests.interop.node_saml_sp import NodeSaml, a_node_saml
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
def trusted(installation: Installation) -> TrustedIdentityProvider:
    return TrustedIdentityProvider.at(f"{installation.issuer}/saml/metadata")


@pytest.fixture(scope="module")
def node_saml(
    installation: Installation, trusted: TrustedIdentityProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NodeSaml]:
    with a_node_saml(tmp_path_factory.mktemp("node-saml"), trusted) as running:
        register(installation, running.application, encryption="required")
        yield running


@pytest.fixture
def browser() -> PlainBrowser:
    return PlainBrowser()


def test_it_asks_by_a_signed_redirect_and_reads_an_encrypted_assertion(browser, node_saml):
    """It asks for PasswordProtectedTransport exactly, and for the e-mail address as a name, as it does by default."""
    learnt = environment(browser.signs_in(JEANNE, at=node_saml.application.protected))
    assert learnt["nameID"] == JEANNE.email
    assert learnt["urn:oid:2.5.4.4"] == "Dupont"
    assert "EncryptedAssertion" in names_in(last_answer(browser))


def test_it_is_answered_without_a_password_while_the_session_lasts(browser, node_saml):
    browser.signs_in(JEANNE, at=node_saml.application.protected)
    first = environment(browser.opens(node_saml.application.protected))["sessionIndex"]
    other = browser.opens(f"{node_saml.url}/protected")
    assert environment(other)["sessionIndex"] == first


def test_its_own_logout_ends_our_session(browser, node_saml):
    """It asks by redirect; its metadata wants the answer by POST."""
    browser.signs_in(JEANNE, at=node_saml.application.protected)
    assert browser.opens(node_saml.application.logout).text == "left everywhere"
    assert 'name="password"' in browser.opens(node_saml.application.protected).text


def test_our_logout_ends_its_session(browser, installation, node_saml):
    """We ask by POST, as its metadata says; it answers by redirect."""
    browser.signs_in(JEANNE, at=node_saml.application.protected)
    page = browser.logs_out(installation.issuer)
    assert page.status_code == 200
    assert 'name="password"' in browser.opens(node_saml.application.protected).text


def test_what_it_did_not_sign_is_refused(browser, installation, trusted, tmp_path_factory):
    """Its metadata says that its requests are signed, with another key than that of the metadata we hold."""
    folder = tmp_path_factory.mktemp("forger")
    with a_node_saml(folder, trusted, identifier="forged") as forged:
        register(installation, forged.application)
        with a_node_saml(tmp_path_factory.mktemp("other"), trusted, issuer=f"{forged.url}/metadata") as other:
            page = browser.opens(other.application.protected)
    assert page.status_code == 400
    assert page.url.startswith(installation.issuer)


def test_a_refusal_reaches_it_with_its_status(browser, installation, trusted, tmp_path_factory):
    """Core, section 3.2.2.2: IsPassive, and nobody is logged in."""
    with a_node_saml(tmp_path_factory.mktemp("passive"), trusted, identifier="passive", passive=True) as passive:
        register(installation, passive.application)
        page = browser.opens(passive.application.protected)
    assert page.text == "nobody is logged in"
