"""Prevents: an operator who goes on reading and refusing requests with a role that was taken away, or an account that
was closed; and a thief who goes on as an operator once the password was changed, or the card was ended. What the first
accepts the identity provider would refuse, what the thief accepts it would not."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from enrollment.sign_in.provider import LogoutNotice, SignIn
from enrollment.sign_in.sessions import SignIns
from idp.accounts.models import IdentifierProof
from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from tests.builders.cards import a_card
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


def set_another_password(region):
    """As an operator does for a person whose password was stolen; the forgotten-password page does the same."""
    service, accounts = region.idp.services.account_service, region.idp.services.accounts
    service.set_password(accounts.by_username(CAMILLE.login), "Cormoran-Vert-27!", actor=OPERATOR)


def end_a_card(region):
    """A card was stolen with its PIN: the sessions that it may have opened end."""
    services, identity = region.idp.services, a_card()
    proven = {"national_id": identity.national_id, "national_id_proof": IdentifierProof.OPERATOR}
    services.account_service.change(CAMILLE.login, proven, actor=OPERATOR)
    services.cards.find_account(identity)
    services.cards.end(identity.serial, actor=OPERATOR)


def change_the_address(region):
    region.idp.services.account_service.change(CAMILLE.login, {"email": "camille@ailleurs.example"}, actor=OPERATOR)


@pytest.mark.parametrize("act", [revoke, disable, set_another_password, change_the_address, end_a_card])
def test_the_session_ends_in_every_browser_when_the_right_does(region, office, act):
    other = reads_the_queue(region, region.a_browser())
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=3), tick=True):
        act(region)
        region.idp.tells_applications()
        assert [is_signed_in(region, browser) for browser in (office, other)] == [False, False]


def test_the_login_in_which_the_password_was_changed_goes_on(region):
    """A provisional password is changed on the way to enrollment; its notification comes a moment later."""
    region.operator(CAMILLE, ROLE)
    person = region.idp.gives_password(CAMILLE, "Provisoire-Treille-31!", provisional=True)
    browser = region.a_browser()
    browser.visits(f"{region.enrollment.address}/sign-in?then=/office")
    browser.gives(person)
    browser.submits(browser.page.form_with("new_password"), new_password="Cormoran-Vert-27!")
    assert (browser.page.path, browser.page.status) == ("/office", 200)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=3), tick=True):
        region.idp.tells_applications()
        assert is_signed_in(region, browser)
        with time_machine.travel(datetime.now(UTC) + timedelta(seconds=3), tick=True):
            region.idp.gives_password(person, "Sarcelle-Brune-12!")
            region.idp.tells_applications()
            assert not is_signed_in(region, browser)


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
