"""Prevents: an answer to a login after its request, application, person or session has changed.

Minutes pass between a SAML request and its answer. Meanwhile another browser or tab may interfere, an application may
change, an entitlement may be withdrawn, and a store may fail.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from config.audit.trail import Audit
from config.sql.database import DatabaseUnavailable
from relying_parties.policy import AccessRule, AssuranceLevel
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    Binding,
    Endpoint,
    RequestedAttribute,
)
from tests.builders.operators import OPERATOR
from tests.builders.saml import CONSUMER, OTHER_CONSUMER
from tests.fixtures.saml import context, is_noticed_by, registers

POST = Binding.POST


def waits(browser, messagerie, **asked) -> str:
    """Begin a login; return the address of its page."""
    page = browser.visits(messagerie.asks(**asked))
    assert page.path.startswith("/login/")
    return page.url


def is_not_answered(page) -> bool:
    assert not page.asks_for("SAMLResponse"), page
    assert page.status < 500
    return True


@pytest.mark.parametrize(
    "change",
    [
        {"assertion_consumer_services": (Endpoint(binding=POST, location=OTHER_CONSUMER, index=1),)},
        {"entity_id": "https://messagerie.example/renamed"},
        {"requests_signed": True},
        {"authn_requests_signed": True},
        {"attribute_consuming_services": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_pending_login_is_not_answered_if_its_request_would_now_be_refused(idp, browser, jeanne, change):
    service = AttributeConsumingService(index=3, attributes=(RequestedAttribute(name="urn:oid:2.5.4.42"),))
    messagerie = registers(idp, attribute_consuming_services=(service,))
    waits(browser, messagerie, AttributeConsumingServiceIndex="3")
    registers(idp, **({"attribute_consuming_services": (service,)} | change))
    is_noticed_by(idp)
    assert is_not_answered(browser.gives(jeanne))


def test_a_pending_login_is_not_answered_after_the_application_is_suspended(idp, browser, messagerie, jeanne):
    waits(browser, messagerie)
    idp.services.registry.suspend("messagerie", actor=OPERATOR)
    is_noticed_by(idp)
    assert is_not_answered(browser.gives(jeanne))


def test_a_pending_login_is_not_answered_after_the_metadata_have_expired(idp, browser, jeanne, clock):
    messagerie = registers(idp, valid_until=datetime.now(UTC) + timedelta(minutes=2))
    waits(browser, messagerie)
    clock.shift(timedelta(minutes=3))
    assert is_not_answered(browser.gives(jeanne))


def test_an_idp_initiated_login_is_not_answered_after_idp_initiated_is_disabled(idp, browser, jeanne):
    messagerie = registers(idp, idp_initiated=True)
    browser.visits(f"{messagerie.issuer}/saml/start/messagerie")
    registers(idp, idp_initiated=False)
    is_noticed_by(idp)
    assert is_not_answered(browser.gives(jeanne))


def test_a_target_that_no_longer_belongs_to_the_application_is_not_sent(idp, browser, jeanne):
    consumer = Endpoint(binding=POST, location=CONSUMER, index=0)
    elsewhere = Endpoint(binding=POST, location="https://former.example/acs", index=1)
    messagerie = registers(idp, idp_initiated=True, assertion_consumer_services=(consumer, elsewhere))
    browser.visits(f"{messagerie.issuer}/saml/start/messagerie?target=https://former.example/x")
    registers(idp, idp_initiated=True, assertion_consumer_services=(consumer,))
    is_noticed_by(idp)
    page = browser.gives(jeanne)
    assert "former.example" not in page.html


def test_a_pending_login_belongs_to_one_browser(idp, browser, messagerie, jeanne):
    address = waits(browser, messagerie)
    assert is_not_answered(idp.a_browser().visits(address))
    assert messagerie.signs_on(browser.gives(jeanne))


def test_a_login_in_two_tabs_is_answered_once(browser, messagerie, jeanne):
    address = waits(browser, messagerie)
    other = browser.another_tab()
    other.visits(address)
    messagerie.signs_on(browser.gives(jeanne))
    assert is_not_answered(other.visits(address))
    assert is_not_answered(browser.goes_back())


def test_a_form_of_another_site_does_not_log_in(idp, browser, messagerie, jeanne):
    """Prevents: login CSRF, with the attacker's password in the victim's browser."""
    address = waits(browser, messagerie)
    page = browser.is_made_to_post(f"{address}/password", login=jeanne.login, password=jeanne.password)
    assert page.status == 403
    assert is_not_answered(browser.visits(address))


def test_a_login_is_not_answered_after_the_account_is_disabled(idp, browser, messagerie, jeanne):
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    address = waits(browser, messagerie, ForceAuthn="true")
    idp.disables(jeanne)
    is_noticed_by(idp)
    assert is_not_answered(browser.gives(jeanne))
    assert is_not_answered(browser.visits(address))
    assert is_not_answered(browser.visits(messagerie.asks()))


def test_a_login_is_not_answered_after_the_entitlement_is_withdrawn(idp, browser, jeanne):
    messagerie = registers(idp, entry=AccessRule.ENTITLED)
    idp.entitles(jeanne, "messagerie")
    waits(browser, messagerie)
    idp.withdraws(jeanne, "messagerie")
    is_noticed_by(idp)
    page = browser.gives(jeanne)
    refused = messagerie.is_refused(page)
    assert (refused.top, refused.second) == ("Responder", "RequestDenied")


def test_a_password_change_ends_the_session_before_saml_can_use_it(idp, browser, messagerie, jeanne):
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    idp.gives_password(jeanne, "Another-Vine-32!")
    is_noticed_by(idp)
    assert is_not_answered(browser.visits(messagerie.asks()))


def goes_away(_self, _entry):
    raise DatabaseUnavailable


def test_no_answer_is_sent_before_its_audit_line_is_written(browser, messagerie, jeanne, monkeypatch):
    """If the database fails, a page says so, and the same request is answered when it is back."""
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    address = messagerie.asks()
    with monkeypatch.context() as away:
        away.setattr(Audit, "record_durably", goes_away)
        page = browser.visits(address)
    assert page.status == 503
    assert not page.asks_for("SAMLResponse")
    assert messagerie.signs_on(browser.visits(address))
    assert browser.visits(address).status == 400, "twice"


def test_an_answered_request_stays_used_when_a_store_fails(browser, messagerie, jeanne, monkeypatch):
    """Prevents: a replay during an outage of the database that allows another replay."""
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    address = messagerie.asks()
    assert messagerie.signs_on(browser.visits(address))
    with monkeypatch.context() as away:
        away.setattr(Audit, "record_durably", goes_away)
        assert browser.visits(address).status == 400
    assert browser.visits(address).status == 400


def test_one_of_eight_tabs_with_the_same_request_is_answered(idp, browser, messagerie, jeanne):
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    address, cookies = messagerie.asks(), browser.cookies

    def visits(_: int) -> int:
        tab = idp.a_browser()
        tab.cookies = cookies
        return tab.visits(address).status

    with ThreadPoolExecutor(8) as together:
        statuses = list(together.map(visits, range(8)))
    assert sorted(statuses) == [200, *[400] * 7]
    assert idp.trail().count("sign-in.answered") == 2


def test_a_login_whose_audit_line_could_not_be_written_can_be_retried(browser, messagerie, jeanne, monkeypatch):
    """At the end of a login, the last page may be requested again."""
    address = waits(browser, messagerie)
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    with monkeypatch.context() as away:
        away.setattr(Audit, "record_durably", goes_away)
        page = browser.visits(address)
    assert page.status == 503
    assert messagerie.signs_on(browser.visits(address))
    assert is_not_answered(browser.visits(address))


# --- what is asked of the authentication ------------------------------------------------------


@pytest.mark.parametrize("comparison", [None, "exact", "minimum", "maximum", "better"])
@pytest.mark.parametrize("classes", [("Password",), ("unspecified",), ("Password", "invented")])
def test_no_requested_context_lowers_the_registered_assurance(idp, browser, jeanne, comparison, classes):
    """If the registration requires two factors, a password is not enough for any request."""
    messagerie = registers(idp, lowest_assurance=AssuranceLevel.TWO_FACTORS)
    page = browser.visits(messagerie.asks(inside=context(*classes, comparison=comparison)))
    if page.asks_for("login", "password"):
        page = browser.gives(jeanne)
    assert page.asks_for("SAMLResponse")
    assert messagerie.is_refused(page).second == "NoAuthnContext"


@pytest.mark.parametrize("truth", ["true", "1"])
def test_force_authn_is_not_answered_from_an_old_session(browser, messagerie, jeanne, clock, truth):
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    clock.shift(60)
    assert browser.visits(messagerie.asks(ForceAuthn=truth)).asks_for("login", "password")
    assert browser.is_made_to_post(messagerie.address, **messagerie.posts(ForceAuthn=truth)).asks_for("password")
    assert messagerie.signs_on(browser.gives(jeanne))


def test_force_authn_is_not_answered_from_an_old_session_when_clocks_go_back(browser, messagerie, jeanne, clock):
    """Otherwise a session with an authentication in the future would always count as recent."""
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    clock.shift(-60)
    assert browser.visits(messagerie.asks(ForceAuthn="true")).asks_for("login", "password")


@pytest.mark.parametrize("asked", [{}, {"ForceAuthn": "true"}, {"inside": context("SmartcardPKI")}])
@pytest.mark.parametrize("by_form", [False, True])
def test_a_passive_request_never_shows_a_page(browser, messagerie, jeanne, asked, by_form):
    """Core 3.4.1: MUST NOT visibly take control of the user interface."""

    def passes():
        if by_form:
            return browser.is_made_to_post(messagerie.address, **messagerie.posts(IsPassive="true", **asked))
        return browser.visits(messagerie.asks(IsPassive="true", **asked))

    assert messagerie.is_refused(passes()).second in ("NoPassive", "NoAuthnContext")
    browser.visits(messagerie.asks())
    messagerie.signs_on(browser.gives(jeanne))
    page = passes()
    assert messagerie.is_refused(page).second in ("NoPassive", "NoAuthnContext") if asked else messagerie.signs_on(page)
