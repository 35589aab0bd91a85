"""What the sample messaging service believes of a SAML identity provider, and what it does not."""

import base64
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from relying_parties.samples.app import create_app
from relying_parties.samples.configuration import SamlConfiguration
from relying_parties.samples.saml.keys import key_pair_in
from tests.relying_parties.samples.small_saml_provider import (
    RSA_SHA1,
    SUCCESS,
    SmallSamlProvider,
    Telling,
    a_small_saml_provider,
)

pytestmark = pytest.mark.slow

AT = "http://127.0.0.1:8413"
RESPONDER = "urn:oasis:names:tc:SAML:2.0:status:Responder"
DENIED = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
PARTIAL = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"
LONG_AGO = timedelta(hours=1)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everybody's keys are, each made once."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def running_provider(keys: Path) -> Iterator[SmallSamlProvider]:
    with a_small_saml_provider(keys) as provider:
        yield provider


@pytest.fixture
def provider(running_provider: SmallSamlProvider) -> SmallSamlProvider:
    running_provider.telling = Telling()
    running_provider.publishes = ["one"]
    running_provider.metadata_signed_by = "one"
    running_provider.metadata = None
    return running_provider


def a_service(provider: SmallSamlProvider, **other: str) -> SamlConfiguration:
    given = {"metadata_url": provider.entity_id, "key_folder": provider.folder / "messagerie"} | other
    return SamlConfiguration(name="Messagerie", port=8413, address=AT, **given)


@pytest.fixture
def browser(provider: SmallSamlProvider) -> FlaskClient:
    return create_app(a_service(provider)).test_client()


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
    """Otherwise any site could log someone in as somebody else."""
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


# --- the keys of the identity provider ---------------------------------------------


def test_a_new_key_of_the_identity_provider_is_learnt_from_its_metadata(browser, provider, monkeypatch):
    monkeypatch.setattr("relying_parties.samples.saml.provider_metadata.REFETCH_SECONDS", 0)
    logs_in(browser, provider)
    provider.publishes = ["one", "two"]  # next is published, signed by current
    provider.telling = Telling(key="two")
    assert "Bonjour" in logs_in(browser, provider).text
    provider.publishes, provider.metadata_signed_by = ["two", "three"], "two"
    provider.telling = Telling(key="three")
    assert "Bonjour" in logs_in(browser, provider).text


def test_metadata_signed_by_a_stranger_changes_nothing(browser, provider, monkeypatch):
    monkeypatch.setattr("relying_parties.samples.saml.provider_metadata.REFETCH_SECONDS", 0)
    logs_in(browser, provider)
    provider.publishes, provider.metadata_signed_by = ["one", "stranger"], "stranger"
    provider.telling = Telling(key="stranger")
    assert logs_in(browser, provider).status_code == 502
    provider.telling = Telling()
    assert "Bonjour" in logs_in(browser, provider).text


def test_an_unknown_key_refetches_the_metadata_at_a_limited_rate(browser, provider):
    logs_in(browser, provider)
    before = provider.served
    provider.telling = Telling(key="stranger")
    for _ in range(5):
        comes_back(browser, provider)
    assert provider.served - before <= 1


@pytest.mark.parametrize(("pinned", "status"), [("one", 303), ("stranger", 502)])
def test_metadata_are_accepted_by_the_configured_fingerprint(provider, pinned, status):
    service = create_app(a_service(provider, metadata_fingerprint=provider.fingerprint(pinned)))
    assert visit(service.test_client(), "/login").status_code == status


def wrapped(provider: SmallSamlProvider) -> bytes:
    """The right one, signature and all, inside one that names another's key: library-wide, the classic attack."""
    right = provider.right_metadata().decode()
    provider.publishes = ["stranger"]
    unsigned = provider.right_metadata().decode()
    signature = right[right.index("<ds:Signature") : right.index("</ds:Signature>") + len("</ds:Signature>")]
    start, end = unsigned.index("<ds:Signature"), unsigned.index("</ds:Signature>") + len("</ds:Signature>")
    return (
        unsigned[:start]
        + signature
        + unsigned[end:].replace("</md:EntityDescriptor>", f"{right}</md:EntityDescriptor>")
    ).encode()


@pytest.mark.parametrize(
    "metadata",
    [
        lambda _: b"",
        lambda _: b"<html>",
        lambda _: b"<a/>",
        lambda provider: provider.right_metadata().replace(b"/saml/sso", b"/saml/oss"),
        lambda provider: provider.right_metadata(more='validUntil="2020-01-01T00:00:00Z"'),
        lambda provider: provider.right_metadata(more='cacheDuration="often"'),
        lambda provider: b"<!DOCTYPE a>" + provider.right_metadata(),
        wrapped,
    ],
    ids=["empty", "html", "another-root", "altered", "expired", "unreadable", "doctype", "wrapped"],
)
def test_invalid_metadata_get_an_error_page(browser, provider, metadata):
    provider.metadata = metadata(provider)
    page = visit(browser, "/login")
    assert page.status_code == 502
    assert "métadonnées" in page.text


def test_an_unreachable_identity_provider_gets_an_error_page(provider):
    away = a_service(provider, metadata_url="http://127.0.0.1:9/saml/metadata")
    page = visit(create_app(away).test_client(), "/login")
    assert page.status_code == 503
    assert "ne répond pas" in page.text


# --- logout -------------------------------------------------------------------------


def leaves(browser: FlaskClient) -> str:
    """The address that its button leads to."""
    return browser.post("/logout", base_url=AT, headers={"Origin": AT}).location


def test_a_logout_ends_the_local_session_and_then_that_of_the_identity_provider(browser, provider):
    logs_in(browser, provider)
    address = leaves(browser)
    asked = provider.receives(address)
    provider.verifies(address, certificate_of(provider))
    assert not is_logged_in(browser)
    text = "".join(asked.root.itertext())
    assert "name-1" in text
    assert "session-1" in text

    back = visit(browser, provider.says_they_left(asked, f"{AT}/saml/logout"))

    assert back.location == "/signed-out"
    assert "ici et chez le fournisseur" in visit(browser, "/signed-out").text
    assert "ici et chez" not in visit(browser, "/signed-out").text


def test_a_partial_logout_is_shown(browser, provider):
    """Core 3.7.3.2."""
    logs_in(browser, provider)
    asked = provider.receives(leaves(browser))
    visit(browser, provider.says_they_left(asked, f"{AT}/saml/logout", SUCCESS, PARTIAL))
    assert "n’a pas confirmé" in visit(browser, "/signed-out").text


def test_the_response_to_the_logout_of_another_browser_is_refused(browser, provider):
    logs_in(browser, provider)
    asked = provider.receives(leaves(browser))
    ending = provider.says_they_left(asked, f"{AT}/saml/logout")
    stranger = browser.application.test_client()
    assert visit(stranger, ending).status_code == 400


def test_a_logout_request_ends_the_named_session(browser, provider):
    """Profiles 4.4.3.3; the answer brings back the RelayState as it came."""
    logs_in(browser, provider)

    answer = visit(browser, provider.asks_to_leave(f"{AT}/saml/logout"))

    assert not is_logged_in(browser)
    said = provider.receives(answer.location)
    provider.verifies(answer.location, certificate_of(provider))
    assert answer.location.startswith(f"{provider.address}/saml/logout?")
    assert said.parameters["RelayState"] == "to be returned"
    assert SUCCESS in said.root.find(".//{*}StatusCode").get("Value")


@pytest.mark.parametrize(
    ("named", "ended"),
    [
        ({"session_index": "session-2"}, False),
        ({"session_index": ""}, True),  # Core 3.7.3.1: none named, all are
        ({"name_id": "name-2"}, False),
        ({"name_id": "name-2", "session_index": ""}, False),
    ],
)
def test_a_logout_request_ends_no_other_session(browser, provider, named, ended):
    logs_in(browser, provider)
    assert visit(browser, provider.asks_to_leave(f"{AT}/saml/logout", **named)).status_code == 303
    assert is_logged_in(browser) != ended


def test_a_session_ends_without_its_cookie(browser, provider):
    logs_in(browser, provider)
    visit(browser.application.test_client(), provider.asks_to_leave(f"{AT}/saml/logout"))
    assert not is_logged_in(browser)


@pytest.mark.parametrize(
    ("told", "changed"),
    [
        (Telling(key="stranger"), {}),
        (Telling(left_out=("signature",)), {}),
        (Telling(algorithm=RSA_SHA1), {}),
        (Telling(age=LONG_AGO), {}),
        (Telling(), {"destination": "https://other.example/"}),
        (Telling(), {"issuer": "https://other.example/"}),
        (Telling(), {"issuer": ""}),
        (Telling(), {"destination": f"{AT}/saml/logout/more"}),
    ],
)
def test_an_invalid_logout_request_ends_no_session(browser, provider, told, changed):
    logs_in(browser, provider)
    provider.telling = told
    refused = visit(browser, provider.asks_to_leave(f"{AT}/saml/logout", **changed))
    assert refused.status_code == 400
    assert "Déconnexion incomplète" in refused.text
    assert is_logged_in(browser)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SAMLRequest=",
        "SAMLRequest=!",
        "SAMLRequest=AAAA",
        "SAMLRequest=" + "A" * 100,
        "SAMLRequest=one&SAMLRequest=two",
        urlencode({"SAMLRequest": base64.b64encode(zlib.compress(b"<a>" + b" " * 10_000_000)[2:-4]).decode()}),
        urlencode({"SAMLRequest": base64.b64encode(zlib.compress(b"<!DOCTYPE a><a/>")[2:-4]).decode()}),
        urlencode({"SAMLRequest": base64.b64encode(zlib.compress(b"<a/>")[2:-4]).decode()}),
    ],
    ids=["none", "empty", "not-base64", "not-deflated", "neither", "twice", "bomb", "doctype", "another-root"],
)
def test_a_value_that_is_not_a_logout_message_gets_an_error_page(browser, query):
    refused = visit(browser, f"/saml/logout?{query}")
    assert refused.status_code == 400
    assert "Déconnexion incomplète" in refused.text


def test_another_site_cannot_log_a_person_out(browser, provider):
    logs_in(browser, provider)
    assert browser.post("/logout", base_url=AT, headers={"Origin": "http://127.0.0.1:8412"}).status_code == 403
    assert is_logged_in(browser)


def test_a_signed_query_is_verified_in_its_original_encoding(browser, provider):
    """Bindings 3.4.4.1: whoever writes its escapes in lower case signs them so."""
    logs_in(browser, provider)
    provider.telling = Telling(lower_case_escapes=True)
    assert visit(browser, provider.asks_to_leave(f"{AT}/saml/logout")).status_code == 303
    assert not is_logged_in(browser)
