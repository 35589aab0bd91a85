"""How the person of a SAML answer was authenticated: requested contexts, ForceAuthn, IsPassive, conditions."""

from datetime import datetime, timedelta

import pytest

from idp.sessions.acr import CLASS
from relying_parties.policy import AccessRule, AssuranceLevel
from tests.fixtures.saml import registers
from tests.journeys.saml_options import PASSWORD

TWO_FACTORS = CLASS[AssuranceLevel.TWO_FACTORS]


def contexts(*classes: str, comparison: str | None = None) -> str:
    """RequestedAuthnContext."""
    said = f' Comparison="{comparison}"' if comparison else ""
    refs = "".join(f"<saml:AuthnContextClassRef>{each}</saml:AuthnContextClassRef>" for each in classes)
    return f"<samlp:RequestedAuthnContext{said}>{refs}</samlp:RequestedAuthnContext>"


@pytest.mark.parametrize(
    ("asked", "stated"),
    [
        ("", PASSWORD),
        (contexts(PASSWORD), PASSWORD),
        (contexts(TWO_FACTORS, PASSWORD), PASSWORD),
        (
            contexts("urn:oasis:names:tc:SAML:2.0:ac:classes:Password"),
            "urn:oasis:names:tc:SAML:2.0:ac:classes:Password",
        ),
        (contexts(PASSWORD, comparison="minimum"), PASSWORD),
        (contexts(TWO_FACTORS, comparison="maximum"), PASSWORD),
        (contexts("urn:unknown", PASSWORD), PASSWORD),
    ],
)
def test_the_stated_class_is_one_that_was_requested(browser, jeanne, messagerie, asked, stated):
    """Core 3.3.2.2.1."""
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, inside=asked)).context == stated


@pytest.mark.parametrize(
    "asked",
    [
        contexts("urn:unknown"),
        contexts(CLASS[AssuranceLevel.CARD], comparison="better"),
        "<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef>"
        "</samlp:RequestedAuthnContext>",
    ],
)
def test_an_unknown_context_is_refused_at_once(browser, messagerie, asked):
    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=asked)))
    assert (refused.top, refused.second) == ("Responder", "NoAuthnContext")


@pytest.mark.parametrize("asked", [contexts(TWO_FACTORS), contexts(PASSWORD, comparison="better")])
def test_a_context_that_no_enabled_method_reaches_shows_a_page_with_a_return(browser, messagerie, asked):
    page = browser.visits(messagerie.asks(inside=asked))
    assert page.status == 403
    refused = messagerie.is_refused(page)
    assert (refused.top, refused.second) == ("Responder", "NoAuthnContext")


def test_force_authn_logs_in_again_and_states_the_new_instant(browser, jeanne, messagerie):
    """Core 3.4.1, ForceAuthn."""
    browser.logs_in(jeanne, to=messagerie)
    page = browser.visits(messagerie.asks(ForceAuthn="true"))
    assert page.asks_for("login", "password")
    assert messagerie.signs_on(browser.gives(jeanne))


def test_is_passive_shows_no_page(browser, jeanne, messagerie):
    """Core 3.4.1, IsPassive."""
    for asked in ({"IsPassive": "true"}, {"IsPassive": "1", "ForceAuthn": "1"}):
        refused = messagerie.is_refused(browser.visits(messagerie.asks(**asked, relay_state="kept")))
        assert (refused.top, refused.second, refused.relay_state) == ("Responder", "NoPassive", "kept")
    browser.logs_in(jeanne, to=messagerie)
    assert messagerie.signs_on(browser.visits(messagerie.asks(IsPassive="true")))


def test_is_passive_by_post_is_answered_after_a_get_with_cookies(browser, jeanne, messagerie):
    nobody = browser.is_made_to_post(messagerie.address, **messagerie.posts(IsPassive="true"))
    assert messagerie.is_refused(nobody).second == "NoPassive"
    browser.logs_in(jeanne, to=messagerie)
    page = browser.is_made_to_post(messagerie.address, **messagerie.posts(IsPassive="true"))
    assert messagerie.signs_on(page)


def test_a_person_without_entitlement_sees_a_page_and_returns_with_a_status(browser, paul, idp):
    messagerie = registers(idp, entry=AccessRule.ENTITLED)
    page = browser.logs_in(paul, to=messagerie)
    assert page.status == 403
    refused = messagerie.is_refused(page)
    assert (refused.top, refused.second) == ("Responder", "RequestDenied")


def test_a_request_whose_idp_list_lacks_us_is_refused(browser, messagerie):
    """Core 3.4.1.2, Scoping."""

    def scoping(*providers: str, count: str = "0") -> str:
        entries = "".join(f'<samlp:IDPEntry ProviderID="{each}"/>' for each in providers)
        return f'<samlp:Scoping ProxyCount="{count}"><samlp:IDPList>{entries}</samlp:IDPList></samlp:Scoping>'

    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=scoping("https://another.example/"))))
    assert (refused.top, refused.second) == ("Responder", "NoSupportedIDP")
    accepted = browser.visits(messagerie.asks(inside=scoping("https://another.example/", messagerie.idp_entity_id)))
    assert accepted.asks_for("login", "password")


def test_an_assertion_is_valid_for_the_setting_or_the_requested_time_if_shorter(browser, jeanne, messagerie, clock):
    """Core 2.5.1 and 3.4.1, Conditions. pysaml2's default is an hour from the current second."""
    clock.move_to(1_800_000_000)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    issued = datetime.fromisoformat(signed_on.find("saml:Assertion").get("IssueInstant"))
    conditions = signed_on.find("saml:Assertion/saml:Conditions")
    assert datetime.fromisoformat(conditions.get("NotBefore")) == issued - timedelta(minutes=2)
    assert datetime.fromisoformat(conditions.get("NotOnOrAfter")) == issued + timedelta(minutes=5)
    asked = '<saml:Conditions NotOnOrAfter="2027-01-15T08:01:00Z"/>'
    shorter = messagerie.signs_on(browser.visits(messagerie.asks(inside=asked)))
    assert shorter.find("saml:Assertion/saml:Conditions").get("NotOnOrAfter") == "2027-01-15T08:01:00Z"
