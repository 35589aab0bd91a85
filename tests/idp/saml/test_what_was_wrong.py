"""What a developer of an application is told of a message that was refused: on the page in development, by `idp fault`.

Beside the word for it, what was received and what was expected in its place.
"""

import re
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote, unquote

import pytest

from tests.fixtures.logout import registers_leaving

RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
SHA_256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
HERE = "http://localhost:8400/saml/sso"


def told(idp, page) -> tuple[str, str, str]:
    """The fault, what was received and what was expected; the page of a development installation shows the same."""
    found = idp.services.faults.find(re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", page.text)[0])
    shown = " ".join(page.text.split())
    assert found.received in shown
    assert all(words in shown for words in found.expected)
    return found.fault, found.received, "; ".join(found.expected)


@pytest.mark.parametrize(
    ("changed", "fault", "received", "expected"),
    [
        ({"Destination": "https://elsewhere.example/saml/sso"},
         "saml.destination-wrong", "Destination https://elsewhere.example/saml/sso", HERE),
        ({"Version": "1.1"}, "saml.request-malformed", "Version '1.1'", 'Version="2.0"'),
        ({"Version": None}, "saml.request-malformed", "Version ''", 'Version="2.0"'),
        ({"ID": None}, "saml.request-malformed", "ID ''", "an XML name"),
        ({"ID": "1 2"}, "saml.request-malformed", "", "ID"),
        ({"IssueInstant": "yesterday"}, "saml.request-malformed", "IssueInstant 'yesterday'", "2026-01-05T08:00:00Z"),
        ({"IssueInstant": "2026-01-05T08:00:00+01:00"}, "saml.request-malformed", "08:00:00.01:00'", "in UTC"),
        ({"inside": "<samlp:Scoping ProxyCount='many'/>"},
         "saml.request-malformed", "against the schema: AuthnRequest with .*and Issuer Scoping", "protocol-2.0.xsd"),
    ],
)  # fmt: skip
def test_the_fault_of_a_request_names_what_was_received_and_expected(
    idp, browser, messagerie, changed, fault, received, expected
):
    word, came, awaited = told(idp, browser.visits(messagerie.asks(**changed)))
    assert word == fault
    assert re.search(received, came)
    assert re.search(expected, awaited)


@pytest.mark.parametrize("minutes", [-60, 60])
def test_the_fault_of_an_instant_shows_our_clock(idp, browser, messagerie, minutes):
    then = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fault, received, expected = told(idp, browser.visits(messagerie.asks(IssueInstant=then)))
    assert (fault, received) == ("saml.request-expired", f"IssueInstant {then}")
    earliest, latest, ours = map(datetime.fromisoformat, re.findall(r"[0-9-]+T[0-9:]+Z", expected))
    assert earliest < ours < latest
    assert abs(datetime.now(UTC) - ours) < timedelta(minutes=1)


def test_the_fault_of_a_weak_signature_names_the_accepted_algorithms(idp, browser, messagerie):
    address, _, query = messagerie.asks().partition("?")
    fault, received, expected = told(
        idp, browser.visits(f"{address}?{messagerie.signed_query(query, algorithm=RSA_SHA1)}")
    )
    assert (fault, received) == ("saml.signature-wrong", f"signature-algorithm: {RSA_SHA1}")
    assert SHA_256 in expected
    assert RSA_SHA1 not in expected


def test_the_fault_of_another_keys_signature_names_the_certificates_that_are_registered(idp, browser, messagerie):
    """As `openssl x509 -fingerprint -sha256` names the certificate with which the application signs."""
    address, _, query = messagerie.asks().partition("?")
    signed, _, signature = messagerie.signed_query(query, algorithm=SHA_256).rpartition("&Signature=")
    altered = bytes(octet ^ 1 for octet in b64decode(unquote(signature)))
    page = browser.visits(f"{address}?{signed}&Signature={quote(b64encode(altered), safe='')}")
    fault, received, _ = told(idp, page)
    assert (fault, received) == ("saml.signature-wrong", "signature-wrong")
    shown = re.findall(r"SHA-256 fingerprint ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})", page.text)
    octets = b64decode(messagerie.keys.certificate)
    assert shown == [sha256(octets).digest().hex(":").upper()]


def test_the_fault_of_a_weak_signature_in_a_message_names_the_accepted_algorithms(idp, browser, messagerie):
    xml = messagerie.signs(messagerie.request()).replace(SHA_256.encode(), RSA_SHA1.encode())
    fault, received, expected = told(idp, browser.is_made_to_post(messagerie.address, **messagerie.fields(xml)))
    assert (fault, received) == ("saml.signature-wrong", f"signature-algorithm: {RSA_SHA1}")
    assert SHA_256 in expected


@pytest.mark.parametrize(
    ("value", "received", "expected"),
    [
        ("<samlp:AuthnRequest/>", "not base64: '<samlp:AuthnRequest/>'", "base64 of XML"),
        ("PGE+PGI+PC9hPg==", "malformed: mismatched tag: line 1, column 8", "well-formed XML 1.0"),
        ("PCFET0NUWVBFIGE+PGEvPg==", "doctype", "no DOCTYPE"),
        ("PGEvPg==", "a", "AuthnRequest"),
    ],
)
def test_the_fault_of_malformed_xml_names_the_place(idp, browser, messagerie, value, received, expected):
    fault, came, awaited = told(idp, browser.is_made_to_post(messagerie.address, SAMLRequest=value))
    assert (fault, came, awaited) == ("saml.request-malformed", received, expected)


# --- a logout is called a logout ----------------------------------------------------------


def test_a_message_of_another_kind_is_named(idp, browser, messagerie):
    leaving = registers_leaving(idp)
    page = browser.visits(leaving.sends(messagerie.request(), parameter="SAMLRequest"))
    assert told(idp, page) == ("saml.request-malformed", "AuthnRequest", "LogoutRequest")
    assert "demande de déconnexion" in page.text
    page = browser.visits(messagerie.sends(leaving.request(None)))
    assert told(idp, page) == ("saml.request-malformed", "LogoutRequest", "AuthnRequest")
    assert "demande de connexion" in page.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Destination": "https://elsewhere.example/"}, "a adressé sa demande de déconnexion à un autre service"),
        ({"IssueInstant": "2026-01-05T08:00:00Z"}, "Cette demande de déconnexion a expiré"),
    ],
)
def test_the_page_for_a_fault_of_a_logout_message_is_about_logout(idp, browser, changed, words):
    page = browser.visits(registers_leaving(idp).asks(None, **changed))
    assert words in page.text


@pytest.mark.parametrize(
    ("path", "words"), [("/saml/sso", "de connexion trop longue"), ("/saml/logout", "de déconnexion trop")]
)
def test_the_fault_of_a_message_that_is_too_large_names_the_limit(idp, browser, path, words):
    page = browser.is_made_to_post(f"{idp.issuer}{path}", SAMLRequest="A" * 100_000)
    assert page.status == 413
    assert words in page.text
    assert told(idp, page)[0] == "saml.request-too-large"
