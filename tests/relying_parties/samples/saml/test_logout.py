"""What the sample messaging service believes of a SAML identity provider at a logout, and what it does not."""

import base64
import zlib
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from tests.relying_parties.samples.saml.messaging import AT, LONG_AGO, certificate_of, is_logged_in, logs_in, visit
from tests.relying_parties.samples.small_saml_provider import RSA_SHA1, SUCCESS, Telling

pytestmark = pytest.mark.slow


PARTIAL = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout"


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
    """Bindings 3.4.4.1: a sender that writes its escapes in lower case signs them so."""
    logs_in(browser, provider)
    provider.telling = Telling(lower_case_escapes=True)
    assert visit(browser, provider.asks_to_leave(f"{AT}/saml/logout")).status_code == 303
    assert not is_logged_in(browser)
