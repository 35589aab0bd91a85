"""Shibboleth's service provider, version 3, knows who has logged in, and is told of the end."""

import sys
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.installation import Installation
from tests.interop import enhanced_client
from tests.interop.apache import what_was_logged
from tests.interop.plain_browser import JEANNE, PlainBrowser
from tests.interop.service_providers import (
    ATTRIBUTES,
    TrustedIdentityProvider,
    environment,
    last_answer,
    names_in,
    register,
    signatures_in,
)
from tests.interop.shibboleth_sp import Shibboleth, a_shibboleth

pytestmark = pytest.mark.interop

PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
ARTIFACT_ACS = 3  # its index in the metadata: the third binding of protocols.xml


@pytest.fixture(scope="module")
def shibboleth(installation: Installation) -> Iterator[Shibboleth]:
    def registered(known: Shibboleth) -> None:
        register(installation, known.strict, attributes=(*ATTRIBUTES, "pairwise-id"))
        register(installation, known.plain, idp_initiated=True, signed_parts="assertion")
        register(installation, known.fetched)
        register(installation, known.posts, ecp=True, encryption="required", signature_algorithm="ecdsa-sha256")

    trusted = TrustedIdentityProvider.at(f"{installation.issuer}/saml/metadata")
    with a_shibboleth(trusted, registered_by=registered) as running:
        yield running


@pytest.fixture(autouse=True)
def _what_is_logged(installation: Installation, shibboleth: Shibboleth) -> Iterator[None]:
    """A test that fails shows it."""
    yield
    sys.stderr.write(what_was_logged(installation.folder) + what_was_logged(shibboleth.folder))


@pytest.fixture
def browser() -> PlainBrowser:
    return PlainBrowser()


def test_it_asks_by_a_signed_redirect_and_reads_an_encrypted_assertion(browser, installation, shibboleth):
    learnt = environment(browser.signs_in(JEANNE, at=shibboleth.strict.protected))
    assert (learnt["givenName"], learnt["sn"], learnt["mail"]) == ("Jeanne", "Dupont", JEANNE.email)
    assert learnt["Shib_Identity_Provider"] == f"{installation.issuer}/saml/metadata"
    assert learnt["Shib_AuthnContext_Class"] == PASSWORD
    assert "EncryptedAssertion" in names_in(last_answer(browser))


def test_it_asks_by_an_unsigned_redirect_and_reads_a_signed_assertion_as_it_is(browser, shibboleth):
    learnt = environment(browser.signs_in(JEANNE, at=shibboleth.plain.protected))
    assert (learnt["givenName"], learnt["sn"], learnt["mail"]) == ("Jeanne", "Dupont", JEANNE.email)
    assert signatures_in(last_answer(browser)) == {"Assertion": "rsa-sha256"}


def test_it_asks_by_a_signed_form_and_is_answered_by_ecdsa(browser, shibboleth):
    learnt = environment(browser.signs_in(JEANNE, at=shibboleth.posts.protected))
    assert learnt["sn"] == "Dupont"
    assert "SAMLRequest" in browser.carried[0].fields
    assert signatures_in(last_answer(browser)) == {"Response": "ecdsa-sha256"}


def test_it_asks_for_an_artifact_and_resolves_it(browser, shibboleth):
    """Bindings, section 3.6."""
    learnt = environment(browser.signs_in(JEANNE, at=asks(shibboleth, acsIndex=ARTIFACT_ACS)))
    assert (learnt["givenName"], learnt["sn"], learnt["mail"]) == ("Jeanne", "Dupont", JEANNE.email)
    assert not any("SAMLResponse" in form.fields for form in browser.carried)


def test_we_fetch_its_request_by_an_artifact(browser, shibboleth):
    """Bindings, section 3.6, the other way round."""
    learnt = environment(browser.signs_in(JEANNE, at=shibboleth.fetched.protected))
    assert (learnt["givenName"], learnt["sn"], learnt["mail"]) == ("Jeanne", "Dupont", JEANNE.email)
    assert not any("SAMLRequest" in form.fields for form in browser.carried)


def test_a_persistent_name_stays_the_same_and_is_another_for_another_application(installation, shibboleth):
    """Core, section 8.3.7."""
    first = environment(PlainBrowser().signs_in(JEANNE, at=shibboleth.strict.protected))["persistent_id"]
    again = environment(PlainBrowser().signs_in(JEANNE, at=shibboleth.strict.protected))["persistent_id"]
    other = environment(PlainBrowser().signs_in(JEANNE, at=shibboleth.plain.protected))["persistent_id"]
    named_by, named_for, name = first.split("!")
    assert first == again
    assert named_by == f"{installation.issuer}/saml/metadata"
    assert named_for == f"{shibboleth.url}/strict/shibboleth"
    assert other.split("!")[2] != name


def test_it_believes_the_scope_of_our_metadata(browser, shibboleth):
    """Subject Identifier Attributes Profile 1.0: a pairwise-id of another scope would be left out."""
    learnt = environment(browser.signs_in(JEANNE, at=shibboleth.strict.protected))
    name, scope = learnt["pairwise_id"].split("@")
    assert (name, scope) == (learnt["persistent_id"].split("!")[2], "localhost")


def test_a_person_who_has_logged_in_is_not_asked_again(browser, shibboleth):
    browser.signs_in(JEANNE, at=shibboleth.strict.protected)
    assert environment(browser.opens(shibboleth.plain.protected))["sn"] == "Dupont"


def test_it_is_told_that_nobody_has_logged_in_when_it_wants_no_question_asked(browser, shibboleth):
    """Core, section 3.4.1: IsPassive. It goes back to where it came from, with nobody logged in."""
    page = browser.opens(asks(shibboleth, isPassive="true", target=f"{shibboleth.url}/"))
    assert page.url == f"{shibboleth.url}/"
    assert "NoPassive" in last_answer(browser).xpath("string((//*[local-name()='StatusCode'])[last()]/@Value)")


def test_it_may_have_the_question_asked_again(browser, shibboleth):
    """Core, section 3.4.1: ForceAuthn."""
    browser.signs_in(JEANNE, at=shibboleth.strict.protected)
    assert environment(browser.signs_in(JEANNE, at=asks(shibboleth, forceAuthn="true")))["sn"] == "Dupont"


def test_it_is_told_that_what_it_wants_to_know_is_not_known_here(browser, shibboleth):
    """Core, section 3.3.2.2.1: NoAuthnContext."""
    page = browser.opens(asks(shibboleth, authnContextClassRef="urn:oasis:names:tc:SAML:2.0:ac:classes:Telephony"))
    assert "NoAuthnContext" in page.text


def test_we_begin_where_the_registration_allows_it(browser, installation, shibboleth):
    """Profiles, section 4.1.5: an unsolicited Response."""
    target = urlencode({"target": shibboleth.plain.protected})
    page = browser.signs_in(JEANNE, at=f"{installation.issuer}/saml/start/{shibboleth.plain.identifier}?{target}")
    assert page.url == shibboleth.plain.protected
    assert environment(page)["sn"] == "Dupont"


def test_a_person_logs_in_without_a_browser(installation, shibboleth):
    """Profiles, section 4.2: ECP."""
    page = enhanced_client.opens(
        shibboleth.posts.protected, by=JEANNE, identity_provider=f"{installation.issuer}/saml/ecp"
    )
    assert environment(page)["sn"] == "Dupont"


def test_its_own_logout_ends_every_application_s_session_by_each_one_s_binding(browser, shibboleth):
    """Profiles, section 4.4: redirect from one; by POST and by SOAP to the others."""
    browser.signs_in(JEANNE, at=shibboleth.plain.protected)
    for other in (shibboleth.strict, shibboleth.posts):
        browser.opens(other.protected)

    page = browser.opens(shibboleth.plain.logout)

    assert "Logout completed successfully" in page.text
    for application in (shibboleth.strict, shibboleth.posts, shibboleth.plain):
        assert asks_for_a_password(browser, application.protected)


def test_our_logout_ends_every_application_s_session(browser, installation, shibboleth):
    for application in (shibboleth.strict, shibboleth.posts, shibboleth.plain):
        learnt = browser.signs_in(JEANNE, at=application.protected) if application is shibboleth.strict else None
        environment(learnt or browser.opens(application.protected))

    browser.logs_out(installation.issuer)

    for application in (shibboleth.strict, shibboleth.posts, shibboleth.plain):
        assert asks_for_a_password(browser, application.protected)


def asks(shibboleth: Shibboleth, **wishes: str | int) -> str:
    """The address at which the strict application begins a login of this kind."""
    return f"{shibboleth.url}/strict/Shibboleth.sso/Login?{urlencode({'target': shibboleth.strict.protected} | wishes)}"


def asks_for_a_password(browser: PlainBrowser, address: str) -> bool:
    return 'name="password"' in browser.opens(address).text
