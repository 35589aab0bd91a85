"""Operators' roles: granted, revoked, and what each approves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from config.actor import Actor
from config.audit.query import AuditFilter, page_of
from idp.accounts.communities import CommunityDescription
from idp.accounts.errors import AdministratorExists, NoSuchAccount, NoSuchCommunity, OperatorRoleRefused
from idp.accounts.models import OperatorRole
from idp.accounts.operator_roles import HeldRole, OperatorRoleName, application_scope, community_scope

ACTOR = Actor.command_line({})
ADMINISTRATOR, AUDITOR = HeldRole(OperatorRoleName.ADMINISTRATOR), HeldRole(OperatorRoleName.AUDITOR)
ONCO = CommunityDescription(name="onco-centre", display_name_fr="Onco Centre", display_name_en="Onco Centre")
OF_ONCO = HeldRole(OperatorRoleName.APPROVER, community_scope("onco-centre"))
OF_DCC = HeldRole(OperatorRoleName.APPROVER, application_scope("dcc"))


@pytest.fixture
def paul(parts):
    return parts.opens(password=None, given_name="Paul", family_name="Martin")


def test_the_first_administrator_is_made_once(parts, jeanne_account, paul):
    parts.operators.bootstrap("jdupont", actor=ACTOR)
    assert parts.as_it_stands(jeanne_account).roles == {ADMINISTRATOR}
    parts.service.disable("jdupont", actor=ACTOR)
    for login in ("jdupont", "pmartin"):
        with pytest.raises(AdministratorExists):
            parts.operators.bootstrap(login, actor=ACTOR)
    assert parts.as_it_stands(paul).roles == frozenset()


def test_roles_are_granted_and_revoked(parts, jeanne_account):
    parts.communities.add(ONCO, actor=ACTOR)
    for role in (OF_ONCO, OF_DCC, AUDITOR):
        assert parts.operators.grant("jdupont", role, actor=ACTOR)
        assert not parts.operators.grant("jdupont", role, actor=ACTOR)
    assert parts.as_it_stands(jeanne_account).roles == {OF_ONCO, OF_DCC, AUDITOR}
    assert parts.operators.revoke("jdupont", OF_DCC, actor=ACTOR)
    assert not parts.operators.revoke("jdupont", OF_DCC, actor=ACTOR)
    assert parts.as_it_stands(jeanne_account).roles == {OF_ONCO, AUDITOR}
    assert [(each.login, each.role, each.granted_by) for each in parts.operators.all()] == [
        ("jdupont", OF_ONCO, str(ACTOR)),
        ("jdupont", AUDITOR, str(ACTOR)),
    ]


def test_each_change_is_in_the_trail(parts, jeanne_account):
    parts.operators.grant("jdupont", OF_DCC, actor=ACTOR)
    parts.operators.revoke("jdupont", OF_DCC, actor=ACTOR)
    revoked, granted = page_of(parts.database, AuditFilter(), before=None, limit=2).lines
    assert (granted.kind, revoked.kind) == ("operator-role.granted", "operator-role.revoked")
    for line in (granted, revoked):
        assert (line.account, line.actor) == (jeanne_account.account_id, str(ACTOR))
        assert line.detail == {"role": "approver", "scope": "application:dcc"}


def test_a_role_is_of_an_account_and_a_community_that_there_are(parts, jeanne_account):
    with pytest.raises(NoSuchAccount):
        parts.operators.grant("nobody", AUDITOR, actor=ACTOR)
    with pytest.raises(NoSuchAccount):
        parts.operators.bootstrap("nobody", actor=ACTOR)
    with pytest.raises(NoSuchCommunity):
        parts.operators.grant("jdupont", OF_ONCO, actor=ACTOR)
    assert parts.operators.all() == []


@pytest.mark.parametrize("name", [OperatorRoleName.ADMINISTRATOR, OperatorRoleName.AUDITOR])
def test_only_an_approver_s_role_has_a_scope(parts, jeanne_account, name):
    """An administrator of one application would be taken for one of all by a program that reads the role alone."""
    with pytest.raises(OperatorRoleRefused):
        parts.operators.grant("jdupont", HeldRole(name, "application:dcc"), actor=ACTOR)
    row = {"role": name, "scope": "application:dcc", "granted_at": jeanne_account.created_at, "granted_by": "test"}
    with pytest.raises(IntegrityError), parts.database.transaction() as session:
        session.add(OperatorRole(account_id=jeanne_account.account_id, **row))


def test_a_community_that_is_removed_has_no_approver_when_it_comes_back(parts, jeanne_account):
    parts.communities.add(ONCO, actor=ACTOR)
    parts.operators.grant("jdupont", OF_ONCO, actor=ACTOR)
    parts.operators.grant("jdupont", OF_DCC, actor=ACTOR)
    parts.communities.remove(ONCO.name, actor=ACTOR)
    parts.communities.add(ONCO, actor=ACTOR)
    assert parts.as_it_stands(jeanne_account).roles == {OF_DCC}


def test_another_worker_sees_a_change(parts, store, jeanne_account):
    elsewhere = parts.with_settings(store)
    assert elsewhere.accounts.snapshot(jeanne_account.account_id).roles == frozenset()
    parts.operators.grant("jdupont", AUDITOR, actor=ACTOR)
    assert elsewhere.accounts.snapshot(jeanne_account.account_id, fresh=True).holds("auditor")


EVERYTHING = HeldRole(OperatorRoleName.APPROVER)


@pytest.mark.parametrize(
    ("role", "approves"),
    [
        (ADMINISTRATOR, [True, True, True]),
        (EVERYTHING, [True, True, True]),
        (OF_ONCO, [True, False, False]),
        (OF_DCC, [False, True, False]),
        (AUDITOR, [False, False, False]),
    ],
)
def test_who_approves_what(role, approves):
    scopes = [community_scope("onco-centre"), application_scope("dcc"), application_scope("onco-centre")]
    assert [role.approves(scope) for scope in scopes] == approves


@given(st.sampled_from(OperatorRoleName), st.sampled_from(["", "community:a", "application:b:c"]))
def test_a_role_is_written_so_that_an_application_can_read_it(name, scope):
    role, _, rest = str(HeldRole(name, scope)).partition(":")
    assert (role, rest) == (name, scope)
