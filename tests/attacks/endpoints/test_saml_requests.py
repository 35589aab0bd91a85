"""Prevents: answers to forged, replayed, misdirected or hostile AuthnRequests.

Each request is refused on a page, or at the verified assertion consumer service, with one log
line that has the fault, and never with a 500.
"""

import io
import json
import re
import secrets
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode

import pytest

from config.logging_setup import write_journal
from idp.journal_rules import JOURNAL_RULES
from idp.record_kinds import IdpRecord
from idp.saml.errors import SamlFault
from relying_parties.registration.saml_sp import WeakAlgorithm
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.browser import Browser
from tests.actors.page import Page
from tests.actors.service_provider import ServiceProvider, deflated
from tests.attacks.endpoints.test_floods import kept
from tests.builders.operators import OPERATOR
from tests.builders.saml import CONSUMER, ENTITY_ID, key_pair
from tests.fixtures.saml import registers

EVIL = "https://attacker.example/acs"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


@pytest.fixture
def journal(idp):
    """The log from now on, one object a line."""
    written = io.StringIO()
    write_journal("INFO", JOURNAL_RULES, to=written)
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]


def is_told(page: Page, fault: SamlFault, journal, *, status: int = 400) -> bool:
    """A page with the fault, without forms or links to other sites, and one log line."""
    lines = [line for line in journal() if line.get("fault") == fault]
    assert page.status == status, page
    assert fault in page.html, page
    assert not page.asks_for("SAMLResponse")
    assert page.goes_on_to is None
    assert not [link for link in page.links if link.address.startswith(("https://attacker", "//", "javascript"))]
    assert len(lines) == 1, journal()
    assert [line for line in journal() if line["level"] == "ERROR"] == []
    return True


def instant(**ago: float) -> str:
    return (datetime.now(UTC) - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


def visits(browser: Browser, messagerie: ServiceProvider, **changed: str | None) -> Page:
    return browser.visits(messagerie.asks(**changed))


# --- once, now, and for us -----------------------------------------------------------------


def test_a_request_cannot_be_replayed(browser, jeanne, messagerie, journal):
    """Profiles 4.1.4.5, Core 1.3.4. pysaml2 does not detect replays."""
    address = messagerie.asks()
    browser.visits(address)
    messagerie.signs_on(browser.gives(jeanne))
    assert is_told(browser.visits(address), SamlFault.REQUEST_REPLAYED, journal)


def test_a_replay_to_another_worker_is_refused(idp, browser, messagerie, journal):
    address = messagerie.asks()
    browser.visits(address)
    with idp.another_worker() as worker:
        write_journal("INFO", JOURNAL_RULES, to=(written := io.StringIO()))
        page = worker.a_browser().visits(address)
        assert is_told(
            page, SamlFault.REQUEST_REPLAYED, lambda: [json.loads(line) for line in written.getvalue().splitlines()]
        )


def test_the_same_id_from_another_issuer_is_another_request(idp, browser, messagerie):
    """Otherwise anyone could use up the IDs of others."""
    other = registers(
        idp,
        name="carnet",
        identifier="carnet",
        entity_id="https://carnet.example/",
    )
    identifier = f"_{secrets.token_hex(20)}"
    assert visits(browser, other, ID=identifier).status == 200
    assert visits(browser, messagerie, ID=identifier).status == 200


@pytest.mark.parametrize(
    ("issued", "fault"),
    [
        ({"minutes": 8}, SamlFault.REQUEST_EXPIRED),
        ({"days": 9000}, SamlFault.REQUEST_EXPIRED),
        ({"minutes": -3}, SamlFault.REQUEST_EXPIRED),
        ({"days": -4000}, SamlFault.REQUEST_EXPIRED),
    ],
)
def test_an_old_or_future_request_is_refused(browser, messagerie, journal, issued, fault):
    """Bindings 3.4.5.2. pysaml2 computes the age and ignores the result."""
    assert is_told(visits(browser, messagerie, IssueInstant=instant(**issued)), fault, journal)


@pytest.mark.parametrize("issued", [{"minutes": 6}, {"minutes": -1}, {"seconds": 0}])
def test_a_small_clock_difference_is_accepted(browser, messagerie, issued):
    assert visits(browser, messagerie, IssueInstant=instant(**issued)).status == 200


@pytest.mark.parametrize("issued", ["2026-11-22", "yesterday", "2026-13-45T99:99:99Z", "", None, "9" * 400])
def test_an_invalid_instant_is_malformed(browser, messagerie, journal, issued):
    assert is_told(visits(browser, messagerie, IssueInstant=issued), SamlFault.REQUEST_MALFORMED, journal)


@pytest.mark.parametrize(
    "destination",
    ["https://attacker.example/saml/sso", "http://localhost:8400/saml/sso/", "http://localhost:8400/saml/SSO", "", " "],
)
def test_a_request_with_another_destination_is_refused(browser, messagerie, journal, destination):
    """Bindings 3.4.5.2 and 3.5.5.2."""
    page = visits(browser, messagerie, Destination=destination)
    assert is_told(page, SamlFault.DESTINATION_WRONG, journal)


def test_a_signed_request_must_have_a_destination(browser, messagerie, journal):
    """Otherwise a request to another identity provider would be accepted here. pysaml2 accepts it."""
    page = browser.visits(messagerie.asks(signed=True, Destination=None))
    assert is_told(page, SamlFault.DESTINATION_WRONG, journal)


def test_the_destination_of_an_unsigned_request_is_optional(browser, messagerie):
    assert visits(browser, messagerie, Destination=None).status == 200


# --- who asks, and where the answer goes ----------------------------------------------------


@pytest.mark.parametrize("issuer", ["https://nobody.example/", "", "dcc", f"{ENTITY_ID}/", "x" * 3000, "'; --"])
def test_an_unknown_issuer_is_refused(browser, messagerie, journal, issuer):
    page = visits(browser, messagerie, issuer=issuer)
    assert is_told(page, SamlFault.ISSUER_UNKNOWN if issuer else SamlFault.REQUEST_MALFORMED, journal)


def test_a_comment_does_not_split_the_issuer(browser, idp, journal):
    """A reader that stops at the comment would mistake one service provider for another."""
    messagerie = registers(idp)
    xml = messagerie.request(issuer="@").replace(b"@", ENTITY_ID.encode() + b"<!-- -->.attacker.example")
    assert is_told(browser.visits(messagerie.sends(xml)), SamlFault.ISSUER_UNKNOWN, journal)


@pytest.mark.parametrize(
    "consumer",
    [
        EVIL,
        f"{CONSUMER}/",
        f"{CONSUMER}?x=1",
        CONSUMER.upper(),
        CONSUMER.replace("https", "http"),
        f"{CONSUMER}#",
        "https://messagerie.example@attacker.example/saml/acs",
        "javascript:alert(1)",
        "\"><script>alert('saml')</script>",
        "",
    ],
)
def test_answers_go_only_to_consumers_of_the_metadata(browser, messagerie, journal, consumer):
    """Core 3.4.1: the identity provider MUST ensure that the value is associated with the requester."""
    page = visits(browser, messagerie, AssertionConsumerServiceURL=consumer)
    assert is_told(page, SamlFault.CONSUMER_UNREGISTERED, journal)
    assert "<script>alert" not in page.html


@pytest.mark.parametrize(
    "named",
    [
        {"AssertionConsumerServiceIndex": "7"},
        {"AssertionConsumerServiceIndex": "70000"},
        {"AssertionConsumerServiceIndex": "-1"},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"},
        {"ProtocolBinding": "urn:invented"},
    ],
)
def test_an_endpoint_that_is_not_in_the_metadata_gets_no_answer(browser, messagerie, journal, named):
    page = visits(browser, messagerie, **({"AssertionConsumerServiceURL": None, "ProtocolBinding": None} | named))
    assert page.status == 400
    (fault,) = (line["fault"] for line in journal() if "fault" in line)
    assert fault in (SamlFault.CONSUMER_UNREGISTERED, SamlFault.REQUEST_MALFORMED)


def test_index_and_url_are_mutually_exclusive(browser, messagerie, journal):
    """Core 3.4.1."""
    page = visits(browser, messagerie, AssertionConsumerServiceIndex="1")
    assert is_told(page, SamlFault.REQUEST_MALFORMED, journal)


def test_a_request_of_a_suspended_application_is_refused(browser, messagerie, idp, journal):
    idp.services.registry.suspend("messagerie", actor=OPERATOR)
    idp.app.extensions["idp"].registry._service_providers  # noqa: B018 - as another node would see it
    with idp.another_worker() as worker:
        write_journal("INFO", JOURNAL_RULES, to=(written := io.StringIO()))
        page = worker.a_browser().visits(messagerie.asks())
    assert is_told(
        page, SamlFault.APPLICATION_SUSPENDED, lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    )


def test_a_request_of_an_application_with_expired_metadata_is_refused(browser, idp, journal, clock):
    """Metadata 2.3.2, validUntil."""
    messagerie = registers(idp, valid_until=datetime.now(UTC) + timedelta(hours=1))
    assert visits(browser, messagerie).status == 200
    clock.shift(timedelta(hours=1, minutes=1))
    assert is_told(visits(browser, messagerie), SamlFault.METADATA_EXPIRED, journal)


# --- signatures ------------------------------------------------------------------------------


@pytest.fixture
def signing(idp):
    """A service provider that must sign its requests."""
    return registers(idp, requests_signed=True)


def test_a_required_signature_cannot_be_removed(browser, signing, journal):
    assert is_told(browser.visits(signing.asks()), SamlFault.SIGNATURE_MISSING, journal)


def test_authn_requests_signed_in_the_metadata_requires_a_signature(browser, idp, journal):
    """Metadata 2.4.4. pysaml2 ignores it."""
    messagerie = registers(idp, authn_requests_signed=True)
    assert is_told(browser.visits(messagerie.asks()), SamlFault.SIGNATURE_MISSING, journal)


def test_a_removed_signature_of_a_posted_request_is_refused(browser, signing, journal):
    page = browser.is_made_to_post(signing.address, **signing.posts())
    assert is_told(page, SamlFault.SIGNATURE_MISSING, journal)


def test_a_changed_signed_query_is_refused_even_if_no_signature_is_required(browser, messagerie, journal):
    """pysaml2 ignores a wrong signature that it does not require."""
    address = messagerie.asks(relay_state="/mine", signed=True).replace("mine", "yours")
    assert is_told(browser.visits(address), SamlFault.SIGNATURE_WRONG, journal)


def test_a_changed_signed_posted_request_is_refused(browser, messagerie, journal):
    xml = messagerie.signs(messagerie.request()).replace(CONSUMER.encode(), CONSUMER.encode() + b"/other")
    page = browser.is_made_to_post(messagerie.address, **messagerie.fields(xml))
    assert is_told(page, SamlFault.SIGNATURE_WRONG, journal)


def test_a_signature_with_another_key_is_refused(browser, signing, journal):
    signing.keys = key_pair("attacker")
    assert is_told(browser.visits(signing.asks(signed=True)), SamlFault.SIGNATURE_WRONG, journal)
    assert browser.is_made_to_post(signing.address, **signing.posts(signed=True)).status == 400


def test_a_signature_of_the_message_does_not_replace_that_of_the_query(browser, signing, journal):
    """It does not cover RelayState: Bindings 3.4.4.1."""
    page = browser.visits(signing.sends(signing.signs(signing.request()), relay_state="another's"))
    assert is_told(page, SamlFault.SIGNATURE_MISSING, journal)


@pytest.mark.parametrize("kept", ["Signature", "SigAlg"])
def test_an_incomplete_query_signature_is_refused(browser, messagerie, journal, kept):
    address, _, query = messagerie.asks(signed=True).partition("?")
    gone = {"Signature": "SigAlg", "SigAlg": "Signature"}[kept]
    left = "&".join(part for part in query.split("&") if not part.startswith(f"{gone}="))
    assert is_told(browser.visits(f"{address}?{left}"), SamlFault.SIGNATURE_WRONG, journal)


def test_sha1_is_refused_before_verification_without_an_exception(browser, idp, journal):
    messagerie = registers(idp)
    address, _, query = messagerie.asks().partition("?")
    signed = f"{address}?{messagerie.signed_query(query, algorithm=RSA_SHA1)}"
    page = browser.visits(signed)
    assert is_told(page, SamlFault.SIGNATURE_WRONG, journal)
    assert f"signature-algorithm: {RSA_SHA1}" in [line.get("received") for line in journal()]
    # declared, it is verified: and this one names SHA-1 but was made with SHA-256
    registers(idp, weak_algorithms=(WeakAlgorithm.RSA_SHA1,))
    with idp.another_worker() as worker:
        write_journal("INFO", JOURNAL_RULES, to=(written := io.StringIO()))
        worker.a_browser().visits(signed)
    assert "signature-wrong" in written.getvalue()


def test_a_request_wrapped_around_a_signed_one_is_refused(browser, signing, journal):
    """Prevents: signature wrapping. The verified element is the one that is read."""
    original = signing.signs(signing.request()).decode()
    forged = signing.request(AssertionConsumerServiceURL=EVIL).decode()
    signature = original[original.index("<ds:Signature>") : original.index("</ds:Signature>") + len("</ds:Signature>")]
    start = forged.index("</saml:Issuer>") + len("</saml:Issuer>")
    for wrapped in (
        f"{forged[:start]}{signature}<samlp:Extensions>{original}</samlp:Extensions>{forged[start:]}",
        f"{forged[:start]}<samlp:Extensions>{original}</samlp:Extensions>{forged[start:]}",
        f"{forged[:start]}{signature.replace('</ds:Signature>', f'<ds:Object>{original}</ds:Object></ds:Signature>')}"
        f"{forged[start:]}",
    ):
        page = browser.is_made_to_post(signing.address, **signing.fields(wrapped.encode()))
        assert page.status == 400
        assert not page.asks_for("SAMLResponse")


# --- octets ------------------------------------------------------------------------------------


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


# --- what comes back -----------------------------------------------------------------------------


def test_relay_state_is_returned_unchanged(browser, jeanne, messagerie):
    """Bindings 3.4.3 and 3.5.3. It is escaped, never markup."""
    relay_state = "\"'><script>alert(1)</script>&amp;\u00e9\u4e2d%41 +"
    page = browser.logs_in(jeanne, to=messagerie, relay_state=relay_state)
    assert "<script>alert(1)" not in page.html
    assert messagerie.signs_on(page).relay_state == relay_state


def test_relay_state_may_be_as_long_as_a_url(browser, messagerie, journal):
    """The standard allows 80 octets; many senders use whole URLs."""
    assert visits(browser, messagerie, relay_state="r" * 2048).status == 200
    assert is_told(visits(browser, messagerie, relay_state="r" * 2049), SamlFault.RELAY_STATE_TOO_LONG, journal)


def test_markup_in_an_address_of_the_metadata_is_escaped(browser, jeanne, idp):
    consumer = "https://messagerie.example/acs?a=1&b=\"'><script>alert(1)</script>"
    messagerie = registers(idp, assertion_consumer_services=(Endpoint(binding=Binding.POST, location=consumer),))
    page = browser.logs_in(jeanne, to=messagerie)
    assert "<script>alert(1)" not in page.html
    assert page.form_with("SAMLResponse").action == consumer


# --- begun here ------------------------------------------------------------------------------------


def test_an_idp_initiated_login_needs_the_registration(browser, messagerie, idp, journal):
    """Otherwise an attacker's link would log people in to an application."""
    page = browser.visits(f"{idp.issuer}/saml/start/messagerie")
    assert is_told(page, SamlFault.START_REFUSED, journal)


@pytest.mark.parametrize("identifier", ["nobody", "dcc", "x" * 300, "a'b"])
def test_an_idp_initiated_login_needs_a_service_provider(browser, messagerie, idp, journal, identifier):
    page = browser.visits(f"{idp.issuer}/saml/start/{identifier}")
    assert is_told(page, SamlFault.ISSUER_UNKNOWN, journal)


@pytest.mark.parametrize(
    "target",
    [
        "https://attacker.example/",
        "//attacker.example/",
        "/\\attacker.example/",
        "javascript:alert(1)",
        "https://messagerie.example@attacker.example/",
        "https://messagerie.example:444/",
        "http://messagerie.example/",
        "https://messagerie.example:x/",
        "boite",
        "/a\r\nb",
        "/" + "a" * 3000,
    ],
)
def test_the_target_of_an_idp_initiated_login_must_belong_to_the_application(browser, idp, journal, target):
    registers(idp, idp_initiated=True)
    page = browser.visits(f"{idp.issuer}/saml/start/messagerie?target={quote(target, safe='')}")
    assert is_told(page, SamlFault.TARGET_REFUSED, journal)


# --- the reference and the journal -----------------------------------------------------------------------------------


def test_the_details_of_a_fault_are_stored_under_the_reference_of_the_page(browser, messagerie, idp):
    """`idp fault REFERENCE` shows them, for the application's developers."""
    page = visits(browser, messagerie, AssertionConsumerServiceURL=EVIL)
    reference = re.search(r"[0-9A-Z]{5}-[0-9A-Z]{5}", page.text)
    assert reference is not None
    kept = idp.services.faults.find(reference[0])
    assert kept is not None
    assert kept.fault == SamlFault.CONSUMER_UNREGISTERED
    assert kept.received.startswith(EVIL)
    assert any(each.startswith(CONSUMER) for each in kept.registered)


def test_no_log_line_has_an_assertion_a_name_or_a_key(browser, jeanne, idp):
    messagerie = registers(idp)
    write_journal("DEBUG", JOURNAL_RULES, to=(written := io.StringIO()))
    given = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, relay_state="a-relay-state-1"))
    xml = messagerie.signs(messagerie.request()).replace(b"_", b"-", 1)
    browser.is_made_to_post(messagerie.address, **messagerie.fields(xml))
    browser.visits(messagerie.asks(signed=True).replace("RelayState", "x") + "&RelayState=changed")
    text = written.getvalue()
    kept = [given.name_id, given.session_index, "a-relay-state-1", "SignatureValue", "PRIVATE KEY", jeanne.email]
    assert [secret for secret in kept if secret in text] == []
    assert "<saml" not in text
