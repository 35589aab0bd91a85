"""Prevents: answers to forged, replayed or misdirected AuthnRequests.

Each request is refused on a page, or at the verified assertion consumer service, with one log
line that has the fault, and never with a 500. Signatures and octets have files of their own.
"""

import io
import json
import re
import secrets
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from config.logging_setup import write_journal
from idp.journal_rules import JOURNAL_RULES
from idp.saml.errors import SamlFault
from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.service_provider import instant
from tests.attacks.endpoints.refused_requests import EVIL, is_told, visits
from tests.builders.operators import OPERATOR
from tests.builders.saml import CONSUMER, ENTITY_ID
from tests.fixtures.saml import registers


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
