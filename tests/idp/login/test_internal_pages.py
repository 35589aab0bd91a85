"""Internal pages say which assurance and which role they need, and pass the same decision as an application."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from idp.accounts.operator_roles import HeldRole, OperatorRoleName
from idp.container.login import LoginParts
from idp.login import internal_pages
from idp.login.flow import Answer, LoginFlow, ShowPage
from idp.login.internal_pages import ACCOUNT, InternalPage, InternalPages
from idp.login.requirements import UnmetRequirement
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.client_info import ClientInfo
from idp.web.web_config import web_shell
from relying_parties.policy import AssuranceLevel

CLIENT = ClientInfo(address="192.0.2.7", agent="a browser")
OPERATORS = InternalPage(path="/operators", role=OperatorRoleName.APPROVER)
CARDS = InternalPage(path="/cards", assurance=AssuranceLevel.CARD)


@pytest.fixture
def decides(idp, browser, jeanne, dcc):
    """The decision about an internal page for Jeanne, who has logged in by password, with these roles."""
    browser.logs_in(jeanne, to=dcc)
    flow: LoginFlow = LoginParts.of(idp.services, web_shell(idp.settings)).flow
    cookie = next(value for name, value in browser.cookies["localhost"].items() if name.endswith(SESSION_COOKIE))
    session = idp.services.sessions.find(cookie)
    pages = InternalPages()

    def decide(page, *roles):
        snapshot = replace(session.snapshot, roles=frozenset(roles))
        return flow.decide(pages, pages.read(page, datetime.now(UTC)), replace(session, snapshot=snapshot), CLIENT)

    return decide


def test_the_account_page_needs_a_login_and_nothing_else(decides):
    assert isinstance(decides(ACCOUNT), Answer)


def test_a_page_needs_its_role(decides):
    assert decides(OPERATORS) == ShowPage(UnmetRequirement.ENTRY)
    assert decides(OPERATORS, HeldRole(OperatorRoleName.AUDITOR)) == ShowPage(UnmetRequirement.ENTRY)
    assert isinstance(decides(OPERATORS, HeldRole(OperatorRoleName.APPROVER, "community:onco-centre")), Answer)


def test_a_page_needs_its_assurance(decides):
    assert decides(CARDS) == ShowPage(UnmetRequirement.REACHABLE_ASSURANCE)


def test_a_pending_login_leads_back_to_the_page_it_began_for(monkeypatch):
    monkeypatch.setattr(internal_pages, "PAGES", {OPERATORS.path: OPERATORS})
    pages, now = InternalPages(), datetime.now(UTC)
    assert pages.reload(pages.read(OPERATORS, now).serialized(), now) == pages.read(OPERATORS, now)
    assert pages.reload("/elsewhere", now) is None
