"""Prevents: using an application before an entitlement begins or after it ends, by what was obtained meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from idp.accounts.assignments import AssignmentTerms
from idp.accounts.communities import CommunityDescription
from relying_parties.policy import AccessRule
from tests.builders.operators import OPERATOR
from tests.fixtures.ecp import registers_ecp
from tests.fixtures.saml import registers

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def for_an_hour(idp, clock, jeanne):
    """Jeanne may use the DCC for an hour; what is called moves the clock to its last second, or past its end."""
    idp.withdraws(jeanne, "dcc")
    idp.entitles(jeanne, "dcc", ends_at=datetime.now(UTC) + HOUR / 60)

    def passes():
        clock.shift(HOUR / 60)

    return passes


def test_a_token_opens_nothing_after_the_end(browser, jeanne, dcc, for_an_hour):
    """RFC 6750 section 3.1: `invalid_token`."""
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc))
    assert dcc.userinfo(signed_in.access_token).status_code == 200
    for_an_hour()
    refused = dcc.userinfo(signed_in.access_token)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_a_code_is_redeemed_for_nothing_after_the_end(idp, clock, browser, jeanne, dcc):
    idp.withdraws(jeanne, "dcc")
    idp.entitles(jeanne, "dcc", ends_at=datetime.now(UTC) + 20 * SECOND)
    answer = dcc.answer(browser.logs_in(jeanne, to=dcc))
    clock.shift(20 * SECOND)
    refused = dcc.redeems(answer)
    assert refused.get_json()["error"] == "invalid_grant"
    assert "id_token" not in refused.text


def test_a_session_opens_that_application_no_longer_and_the_others_still(browser, jeanne, dcc, perinat, for_an_hour):
    browser.logs_in(jeanne, to=dcc)
    for_an_hour()
    assert dcc.answer(browser.visits(dcc.asks(prompt="none"))).error == "access_denied"
    page = browser.visits(dcc.asks())
    assert page.status == 403
    assert perinat.signs_in(browser.visits(perinat.asks())).subject


def test_a_login_begun_before_the_end_is_not_answered_after_it(browser, jeanne, dcc, for_an_hour):
    browser.visits(dcc.asks())
    for_an_hour()
    assert browser.gives(jeanne).status == 403


def test_nothing_opens_before_the_start(idp, clock, browser, jeanne, dcc):
    idp.entitles(jeanne, "dcc", starts_at=datetime.now(UTC) + 60 * SECOND)
    assert browser.logs_in(jeanne, to=dcc).status == 403
    clock.shift(60 * SECOND)
    assert dcc.signs_in(browser.visits(dcc.asks())).subject


def test_saml_answers_nobody_after_the_end(idp, clock, browser, jeanne):
    messagerie = registers(idp, entry=AccessRule.ENTITLED)
    idp.entitles(jeanne, "messagerie", ends_at=datetime.now(UTC) + 60 * SECOND)
    browser.visits(messagerie.asks())
    assert messagerie.signs_on(browser.gives(jeanne)).name_id
    clock.shift(60 * SECOND)
    refused = messagerie.is_refused(browser.visits(messagerie.asks()))
    assert (refused.top, refused.second) == ("Responder", "RequestDenied")


def test_an_assertion_lets_no_session_outlive_the_entitlement(idp, browser, jeanne):
    """SAML Core section 2.7.2: at SessionNotOnOrAfter the session with the service provider must be over."""
    messagerie = registers(idp, entry=AccessRule.ENTITLED)
    ends_at = (datetime.now(UTC) + HOUR).replace(microsecond=0)
    idp.entitles(jeanne, "messagerie", ends_at=ends_at)
    browser.visits(messagerie.asks())
    statement = messagerie.signs_on(browser.gives(jeanne)).find(".//saml:AuthnStatement")
    assert statement.get("SessionNotOnOrAfter") == ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_program_logs_nobody_in_after_the_end(idp, clock, jeanne):
    client = registers_ecp(idp, entry=AccessRule.ENTITLED)
    idp.entitles(jeanne, "messagerie", ends_at=datetime.now(UTC) + 60 * SECOND)
    assert client.signs_on(jeanne).name_id
    clock.shift(60 * SECOND)
    refused = client.is_refused(client.posts(client.request(), jeanne))
    assert (refused.top, refused.second) == ("Responder", "RequestDenied")


def test_an_application_learns_its_own_role_and_no_other(idp, browser, jeanne, dcc, perinat):
    for application, role in ((dcc, "secretary"), (perinat, "coordinator")):
        idp.amends(application, attributes=frozenset({"role"}))
        idp.entitles(jeanne, application.client_id, role=role)
    browser.logs_in(jeanne, to=dcc, scope="openid professional")
    for application, role in ((dcc, "secretary"), (perinat, "coordinator")):
        signed_in = application.signs_in(browser.visits(application.asks(scope="openid professional")))
        assert application.userinfo(signed_in.access_token).get_json()["role"] == role


def test_a_service_provider_learns_its_own_role_while_the_entitlement_lasts(idp, clock, browser, jeanne):
    messagerie = registers(idp, attributes=frozenset({"role"}))
    idp.entitles(jeanne, "messagerie", role="secretary", ends_at=datetime.now(UTC) + 60 * SECOND)
    browser.visits(messagerie.asks())
    assert messagerie.signs_on(browser.gives(jeanne)).attributes == {"urn:oid:2.5.4.72": ["secretary"]}
    clock.shift(60 * SECOND)
    assert messagerie.signs_on(browser.visits(messagerie.asks())).attributes == {}


def test_a_role_that_is_not_registered_leaves_to_nobody(idp, browser, jeanne, dcc):
    idp.entitles(jeanne, "dcc", role="secretary")
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, scope="openid professional"))
    assert "role" not in dcc.userinfo(signed_in.access_token).get_json()


def test_a_community_is_released_while_the_membership_lasts(idp, clock, browser, jeanne, dcc):
    onco = CommunityDescription(name="onco-centre", display_name_fr="Onco Centre", display_name_en="Onco Centre")
    idp.services.communities.add(onco, actor=OPERATOR)
    terms = AssignmentTerms(ends_at=datetime.now(UTC) + 60 * SECOND)
    idp.services.account_service.join(jeanne.login, "onco-centre", actor=OPERATOR, terms=terms)
    idp.amends(dcc, attributes=frozenset({"communities"}))
    messagerie = registers(idp, attributes=frozenset({"communities"}))
    signed_in = dcc.signs_in(browser.logs_in(jeanne, to=dcc, scope="openid professional"))
    assert dcc.userinfo(signed_in.access_token).get_json()["communities"] == ["onco-centre"]
    signed_on = messagerie.signs_on(browser.visits(messagerie.asks()))
    assert signed_on.attributes == {"urn:oid:1.3.6.1.4.1.5923.1.5.1.1": ["onco-centre"]}
    clock.shift(60 * SECOND)
    assert "communities" not in dcc.userinfo(signed_in.access_token).get_json()
    assert messagerie.signs_on(browser.visits(messagerie.asks())).attributes == {}
