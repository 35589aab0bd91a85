"""Prevents: an operator who goes on reading and refusing requests with a role that was taken away, or an account that
was closed. What they accept the identity provider would refuse; the rest is decided at enrollment alone."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from enrollment.sign_in.provider import LogoutNotice, SignIn
from enrollment.sign_in.sessions import SignIns
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.builders.operators import OPERATOR
from tests.enrollment.applicant.test_with_account import PERSON
from tests.fixtures.region import CAMILLE

ROLE, OTHER = HeldRole(OperatorRoleName.APPROVER), HeldRole(OperatorRoleName.AUDITOR)


@pytest.fixture
def office(region):
    """The browser of an operator who reads the queue."""
    region.operator(CAMILLE, ROLE, OTHER)
    return reads_the_queue(region, region.a_browser())


def reads_the_queue(region, browser):
    browser.visits(f"{region.enrollment.address}/sign-in?then=/office")
    if browser.page.asks_for("login", "password"):
        browser.gives(CAMILLE)
    assert (browser.page.path, browser.page.status) == ("/office", 200)
    return browser


def is_signed_in(region, browser):
    return browser.asks(f"{region.enrollment.address}/office").status_code == 200


def revoke(region):
    region.idp.services.operators.revoke(CAMILLE.login, ROLE, actor=OPERATOR)


def disable(region):
    region.idp.services.account_service.disable(CAMILLE.login, actor=OPERATOR)


@pytest.mark.parametrize("act", [revoke, disable])
def test_the_session_ends_in_every_browser_when_the_right_does(region, office, act):
    other = reads_the_queue(region, region.a_browser())
    act(region)
    region.idp.tells_applications()
    assert [is_signed_in(region, browser) for browser in (office, other)] == [False, False]


def test_who_signs_in_again_has_the_roles_that_are_left(region, office):
    revoke(region)
    region.idp.tells_applications()
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=1), tick=True):
        reads_the_queue(region, office)
        assert office.asks(f"{region.enrollment.address}/office/in-person").status_code == 403


def test_the_role_of_another_operator_ends_nothing(region, office, jeanne):
    region.idp.services.operators.grant(jeanne.login, ROLE, actor=OPERATOR)
    region.idp.services.operators.revoke(jeanne.login, ROLE, actor=OPERATOR)
    region.idp.tells_applications()
    assert is_signed_in(region, office)


def test_an_earlier_revocation_that_is_sent_again_does_not_hide_the_latest(store):
    """A sign-in that was begun between both, with the role that was revoked last, is completed after them."""
    sign_ins = SignIns(store, idle=timedelta(minutes=30), absolute=timedelta(hours=4))
    now = time.time()
    for jti, ago in (("second", 10), ("first", 60)):
        sign_ins.end_named(LogoutNotice(sid=None, subject=PERSON.subject, jti=jti, issued_at=now - ago))
    assert sign_ins.open(SignIn(person=PERSON, id_token="e30.e30.e30", issued_at=now - 30)) is None
    assert sign_ins.open(SignIn(person=PERSON, id_token="e30.e30.e30", issued_at=now)) is not None
