"""Prevents: faults and costs by AuthnRequests that are not well formed, too long, or read in two ways."""

from base64 import b64encode
from urllib.parse import urlencode

import pytest

from idp.record_kinds import IdpRecord
from idp.saml.errors import SamlFault
from tests.actors.service_provider import deflated
from tests.attacks.endpoints.refused_requests import is_told, visits
from tests.attacks.endpoints.test_floods import kept


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<a/>",
        b"<samlp:AuthnRequest/>",
        b'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"/>',
        b'<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_a" Version="2.0"/>',
        b"\xff\xfe<a/>",
        b"<?xml version='1.0' encoding='utf-16'?><a/>",
    ],
)
def test_input_that_is_not_a_request_is_malformed(browser, messagerie, journal, xml):
    assert is_told(browser.visits(messagerie.sends(xml)), SamlFault.REQUEST_MALFORMED, journal)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
    ],
)
def test_every_doctype_is_refused(browser, messagerie, journal, doctype):
    page = browser.visits(messagerie.sends(doctype.encode() + messagerie.request()))
    assert is_told(page, SamlFault.REQUEST_MALFORMED, journal)


@pytest.mark.parametrize(
    "changed",
    [
        {"Version": "1.1"},
        {"Version": "3.0"},
        {"Version": None},
        {"ID": None},
        {"ID": "0starts-with-a-digit"},
        {"ID": "with space"},
        {"ID": "i" * 300},
        {"ID": "<x>"},
    ],
)
def test_a_request_that_violates_the_schema_is_malformed(browser, messagerie, journal, changed):
    assert is_told(visits(browser, messagerie, **changed), SamlFault.REQUEST_MALFORMED, journal)


@pytest.mark.parametrize(
    "changed",
    [
        {"ForceAuthn": "perhaps"},
        {"IsPassive": "yes"},
        {"inside": '<samlp:NameIDPolicy AllowCreate="maybe"/>'},
        {
            "inside": '<samlp:RequestedAuthnContext Comparison="__class__"><saml:AuthnContextClassRef>urn:x'
            "</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>"
        },
        {"AttributeConsumingServiceIndex": "9"},
        {"inside": '<saml:Conditions NotOnOrAfter="2001-01-01T00:00:00Z"/>'},
    ],
)
def test_an_invalid_option_is_refused_without_an_error(browser, messagerie, journal, changed):
    """pysaml2 calls the method that Comparison names."""
    page = visits(browser, messagerie, **changed)
    if page.asks_for("SAMLResponse"):
        assert messagerie.is_refused(page).top == "Requester"
    else:
        assert page.status == 400
    assert len([line for line in journal() if "fault" in line]) == 1
    assert [line for line in journal() if line["level"] == "ERROR"] == []


def test_a_deflate_bomb_is_inflated_only_to_the_limit(browser, messagerie, journal):
    """pysaml2 inflates 136 kB to 100 MB."""
    bomb = b64encode(deflated(b"<a>" + b" " * 20_000_000)).decode()
    page = browser.visits(f"{messagerie.address}?{urlencode({'SAMLRequest': bomb})}")
    assert is_told(page, SamlFault.REQUEST_TOO_LARGE, journal)


def test_a_posted_request_is_never_inflated(browser, messagerie, journal):
    """Bindings 3.5.4: no DEFLATE there; pysaml2 tries."""
    fields = {"SAMLRequest": b64encode(deflated(messagerie.request())).decode()}
    page = browser.is_made_to_post(messagerie.address, **fields)
    assert is_told(page, SamlFault.REQUEST_MALFORMED, journal)


def test_a_request_that_is_too_long_is_refused(browser, messagerie, journal):
    query = urlencode({"SAMLRequest": "A" * 70_000})
    assert is_told(browser.visits(f"{messagerie.address}?{query}"), SamlFault.REQUEST_TOO_LARGE, journal)


def test_a_form_that_is_too_long_is_refused(browser, messagerie):
    page = browser.is_made_to_post(messagerie.address, SAMLRequest="A" * 200_000)
    assert (page.status, "saml.request-too-large" in page.html) == (413, True)


def test_a_request_with_hundreds_of_contexts_keeps_little_state(browser, messagerie, idp):
    """Strangers can begin logins: the state of each is small, and its browser keeps it."""
    refs = "".join(f"<saml:AuthnContextClassRef>urn:class:{n}</saml:AuthnContextClassRef>" for n in range(120))
    known = "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>"
    inside = f"<samlp:RequestedAuthnContext>{refs}{known * 120}</samlp:RequestedAuthnContext>"
    assert visits(browser, messagerie, inside=inside, relay_state="é" * 1024).status == 200
    assert kept(idp, IdpRecord.PENDING) == 0
    (cookie,) = [value for name, value in browser.cookies["localhost"].items() if "-login-" in name]
    assert len(cookie) < 1_000


@pytest.mark.parametrize("depth", [100, 5000])
def test_a_request_that_is_nested_too_deeply_is_refused(browser, messagerie, journal, depth):
    inside = "<samlp:Extensions>" + "<x>" * depth + "</x>" * depth + "</samlp:Extensions>"
    page = browser.visits(messagerie.sends(messagerie.request(inside=inside)))
    assert is_told(page, SamlFault.REQUEST_MALFORMED, journal)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("", SamlFault.REQUEST_MISSING),
        ("RelayState=x", SamlFault.REQUEST_MISSING),
        ("SAMLRequest=", SamlFault.REQUEST_MALFORMED),
        ("SAMLRequest=%25%25%25", SamlFault.REQUEST_MALFORMED),
        ("SAMLRequest=%FF", SamlFault.REQUEST_MALFORMED),
        ("SAMLRequest=AAAA", SamlFault.REQUEST_MALFORMED),
        ("SAMLRequest=AAAA&SAMLEncoding=urn:x", SamlFault.REQUEST_MALFORMED),
        ("SAMLRequest=A&SAMLResponse=A", SamlFault.REQUEST_MALFORMED),
        ("SAMLRequest=A&SAMLart=A", SamlFault.REQUEST_MALFORMED),
        ("SAMLResponse=PGEvPg==", SamlFault.REQUEST_MALFORMED),
        ("&".join(["x=1"] * 300), SamlFault.REQUEST_MALFORMED),
    ],
)
def test_a_query_without_a_message_is_refused(browser, messagerie, journal, query, fault):
    assert is_told(browser.visits(f"{messagerie.address}?{query}"), fault, journal)


@pytest.mark.parametrize("name", ["SAMLRequest", "RelayState", "Signature", "SigAlg"])
def test_a_repeated_parameter_is_refused(browser, messagerie, journal, name):
    address = messagerie.asks(relay_state="x", signed=True)
    page = browser.visits(f"{address}&{name}=AAAA")
    assert is_told(page, SamlFault.PARAMETER_REPEATED, journal)


def test_an_escaped_parameter_name_counts_as_the_parameter(browser, messagerie, journal):
    page = browser.visits(f"{messagerie.asks(relay_state='x')}&Relay%53tate=y")
    assert is_told(page, SamlFault.PARAMETER_REPEATED, journal)
