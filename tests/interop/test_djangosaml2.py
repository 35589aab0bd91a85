"""djangosaml2 knows who has logged in, and is told of the end: pysaml2 from the other side."""

import sys
from collections.abc import Iterator

import pytest

from tests.installation import Installation
from tests.interop.djangosaml2_sp import Django, a_djangosaml2
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
def django(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Django]:
    trusted = TrustedIdentityProvider.at(f"{installation.issuer}/saml/metadata")
    with a_djangosaml2(tmp_path_factory.mktemp("django"), trusted) as running:
        register(installation, running.application, encryption="required")
        yield running


@pytest.fixture(autouse=True)
def _what_it_logs(django: Django) -> Iterator[None]:
    """A test that fails shows it."""
    yield
    sys.stderr.write(django.log.read_text())


@pytest.fixture
def browser() -> PlainBrowser:
    return PlainBrowser()


def test_it_asks_by_a_signed_post_and_reads_an_encrypted_assertion(browser, django):
    """Its request is signed by the xmlsec1 program, in the XML; the answer is decrypted and verified by it."""
    learnt = environment(browser.signs_in(JEANNE, at=django.application.protected))
    assert (learnt["first_name"], learnt["last_name"], learnt["email"]) == ("Jeanne", "Dupont", JEANNE.email)
    asked = next(form for form in browser.carried if "SAMLRequest" in form.fields)
    assert asked.action.endswith("/saml/sso")
    assert "EncryptedAssertion" in names_in(last_answer(browser))


def test_a_person_has_the_same_name_each_time(django):
    """Core, section 8.3.7: a persistent name, which Django keeps its account under."""
    first, again = (
        environment(PlainBrowser().signs_in(JEANNE, at=django.application.protected))["username"] for _ in range(2)
    )
    assert first == again


def test_its_own_logout_ends_our_session(browser, django):
    browser.signs_in(JEANNE, at=django.application.protected)
    assert browser.opens(django.application.logout).text == "left everywhere"
    assert 'name="password"' in browser.opens(django.application.protected).text


def test_our_logout_ends_its_session(browser, installation, django):
    browser.signs_in(JEANNE, at=django.application.protected)
    page = browser.logs_out(installation.issuer)
    assert page.url.startswith(installation.issuer)
    assert 'name="password"' in browser.opens(django.application.protected).text
