"""What the sample messaging service believes of a SAML identity provider at a login, and what it does not."""

import base64
from datetime import timedelta

import pytest
import time_machine

from tests.relying_parties.samples.saml.messaging import (
    AT,
    LONG_AGO,
    certificate_of,
    comes_back,
    is_logged_in,
    logs_in,
    post_answer,
    visit,
)
from tests.relying_parties.samples.small_saml_provider import RSA_SHA1, Telling

pytestmark = pytest.mark.slow


RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
DENIED = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"


def test_the_page_shows_the_person_the_method_and_the_attributes(browser, provider):
    page = logs_in(browser, provider)
    assert "Bonjour Jeanne Dupont" in page.text
    assert "PasswordProtectedTransport" in page.text
    assert "session-1" in page.text
    assert "name-1" in page.text
    assert "médecin" in page.text
    assert "cancérologue" in page.text


def test_a_login_request_is_signed_and_names_the_consumer_service(browser, provider):
    address = visit(browser, "/login").location
    asked = provider.receives(address)
    provider.verifies(address, certificate_of(provider))
    assert address.startswith(f"{provider.address}/saml/sso?")
    assert asked.root.get("AssertionConsumerServiceURL") == f"{AT}/saml/acs"
    assert asked.root.get("Destination") == f"{provider.address}/saml/sso"
    assert len(asked.parameters["RelayState"]) <= 80  # Bindings 3.4.3
    assert "/" not in asked.parameters["RelayState"]


def test_its_metadata_have_its_key_and_its_endpoints(browser, provider):
    published = visit(browser, "/saml/metadata")
    assert published.mimetype == "application/samlmetadata+xml"
    assert f'entityID="{AT}/saml/metadata"' in published.text
    assert published.text.count("<md:KeyDescriptor") == 2
    assert 'WantAssertionsSigned="true"' in published.text
    assert 'AuthnRequestsSigned="true"' in published.text
    assert "PRIVATE" not in published.text


def test_an_answer_is_accepted_only_from_the_browser_that_requested_it(browser, provider):
    """Otherwise any site could log a person in as somebody else."""
    asked = provider.receives(visit(browser, "/login").location)
    posted = post_answer(browser, provider.answers(asked, certificate_of(provider)))
    stranger = browser.application.test_client()
    visit(stranger, "/login")
    assert visit(stranger, posted.location).status_code == 400
    assert not is_logged_in(stranger)


def test_the_session_identifier_changes_at_login(browser, provider):
    visit(browser, "/login")
    before = browser.get_cookie("messagerie-session", domain="127.0.0.1").value
    logs_in(browser, provider)
    after = browser.get_cookie("messagerie-session", domain="127.0.0.1")
    assert (after.value != before, after.http_only, after.same_site) == (True, True, "Lax")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Telling(key="stranger"), "Signature"),
        (Telling(signs=("Response",)), "fait-il signer la réponse et l’assertion"),
        (Telling(signs=("Assertion",)), "fait-il signer la réponse et l’assertion"),
        (Telling(signs=()), "fait-il signer la réponse et l’assertion"),
        (Telling(algorithm=RSA_SHA1), "SHA-1 est refusé"),
        (Telling(encrypted=False), "encryption"),
        (Telling(age=LONG_AGO), "heure"),
        (Telling(age=-LONG_AGO), "heure"),
        (Telling(destination="https://other.example/acs"), "adresse enregistrée"),
        (Telling(destination=f"{AT}/saml/acs/more"), "adresse enregistrée"),
        (Telling(recipient="https://other.example/acs"), "adresse enregistrée"),
        (Telling(recipient=f"{AT}/saml/acs/more"), "adresse enregistrée"),
        (Telling(left_out=("recipient",)), "adresse enregistrée"),
        (Telling(audience="https://other.example/"), "entityID"),
        (Telling(left_out=("audience",)), "entityID"),
        (Telling(issuer="https://other.example/"), "metadata_url"),
        (Telling(in_response_to="_another"), "aucune demande en cours"),
        (Telling(in_response_to=""), "aucune demande en cours"),
        (Telling(confirmed_in_response_to="_another"), "adresse enregistrée"),
        (Telling(left_out=("confirmed",)), "adresse enregistrée"),
        (Telling(encrypted_for="stranger"), "key_folder"),
        (Telling(encrypts=b"<a/>"), "1 assertion"),
    ],
)
def test_an_invalid_answer_is_refused_with_the_reason(browser, provider, told, said):
    """Profiles 4.1.4.2 and 4.1.4.3."""
    provider.telling = told
    if told.encrypted_for:
        told.encrypted_for = provider.keys("stranger").certificate
    page = logs_in(browser, provider)
    assert page.status_code == 400
    assert said in page.text
    assert not is_logged_in(browser)


def test_an_encrypted_text_without_an_element_gets_an_error_page(browser, provider):
    """Encryption 3.1: without Type, what comes out is octets, which python3-saml puts in the tree as they are."""
    asked = provider.receives(visit(browser, "/login").location)
    form = provider.answers(asked, certificate_of(provider))
    told = base64.b64decode(form["SAMLResponse"]).replace(b' Type="http://www.w3.org/2001/04/xmlenc#Element"', b"")
    refused = post_answer(browser, form | {"SAMLResponse": base64.b64encode(told).decode()})
    assert refused.status_code == 400
    assert "déchiffrée" in refused.text


def test_an_answer_is_accepted_once(browser, provider):
    asked = provider.receives(visit(browser, "/login").location)
    form = provider.answers(asked, certificate_of(provider))
    assert post_answer(browser, form).status_code == 303
    again = post_answer(browser, form)
    assert again.status_code == 400
    assert "a déjà servi" in again.text


def test_an_assertion_is_accepted_once_even_in_another_response(browser, provider):
    """Profiles 4.1.4.5: a bearer assertion must not be replayed."""
    provider.telling = Telling(assertion_id="_the-same")
    assert "Bonjour" in logs_in(browser, provider).text
    assert "a déjà servi" in comes_back(browser, provider).text


def test_a_relay_state_that_is_not_the_one_sent_is_refused(browser, provider):
    asked = provider.receives(visit(browser, "/login").location)
    form = provider.answers(asked, certificate_of(provider)) | {"RelayState": "https://other.example/"}
    refused = post_answer(browser, form)
    assert refused.status_code == 400
    assert refused.location is None


@pytest.mark.parametrize("key", ["one", "stranger"])
def test_a_signed_refusal_is_shown(browser, provider, key):
    provider.telling = Telling(status=(RESPONDER, DENIED), message="words of somebody", key=key)
    page = comes_back(browser, provider)
    assert (page.status_code, "words of somebody" in page.text) == ((403, True) if key == "one" else (400, False))
    assert ("habilitée" in page.text) == (key == "one")


@pytest.mark.parametrize(
    "posted",
    ["", "!", "x", base64.b64encode(b"<a/>").decode(), base64.b64encode(b"<!DOCTYPE a><a/>").decode(), "é" * 40],
)
def test_a_value_that_is_not_a_message_gets_an_error_page(browser, provider, posted):
    refused = post_answer(browser, {"SAMLResponse": posted})
    assert refused.status_code == 400
    assert "Connexion impossible" in refused.text


def test_a_message_that_is_too_long_is_refused(browser):
    assert post_answer(browser, {"SAMLResponse": "A" * 600_000}).status_code == 413


def test_the_session_ends_at_session_not_on_or_after(browser, provider):
    """Core 2.7.2, SessionNotOnOrAfter."""
    provider.telling = Telling(session_ends=timedelta(minutes=10))
    with time_machine.travel("2026-03-02T09:00:00Z", tick=False) as clock:
        logs_in(browser, provider)
        clock.shift(timedelta(minutes=9))
        assert is_logged_in(browser)
        clock.shift(timedelta(minutes=2))
        assert not is_logged_in(browser)
