"""Prevents: answers to AuthnRequests whose signature is missing, wrong, or covers something else."""

import io

import pytest

from config.logging_setup import write_journal
from idp.journal_rules import JOURNAL_RULES
from idp.saml.errors import SamlFault
from relying_parties.registration.saml_sp import WeakAlgorithm
from tests.attacks.endpoints.refused_requests import EVIL, is_told
from tests.builders.saml import CONSUMER, key_pair
from tests.fixtures.saml import registers

RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"


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
