"""Communities, and the accounts that belong to them; tests/contracts/databases/test_communities.py has the races."""

from datetime import UTC, datetime, timedelta

import pytest

from config.audit.query import AuditFilter, page_of
from idp.accounts.assignments import AssignmentTerms
from idp.accounts.communities import CommunityDescription
from idp.accounts.errors import CommunityHasMembers, CommunityRefused, CommunityTaken, NoSuchAccount, NoSuchCommunity
from tests.builders.accounts import an_account
from tests.builders.operators import OPERATOR

DAY = timedelta(days=1)
ONCO = CommunityDescription(name="onco-centre", display_name_fr="Onco Centre", display_name_en="Onco Centre")


@pytest.fixture
def onco(parts):
    parts.communities.add(ONCO, actor=OPERATOR)
    return "onco-centre"


def lines(parts, number):
    """The last lines of the trail, oldest first."""
    return page_of(parts.database, AuditFilter(), before=None, limit=number).lines[::-1]


def test_a_community_is_added_once(parts, onco):
    assert parts.communities.all() == [ONCO]
    with pytest.raises(CommunityTaken):
        parts.communities.add(ONCO, actor=OPERATOR)
    assert parts.trail() == ["community.added"]


def test_a_change_says_what_it_changed(parts, onco):
    other = CommunityDescription(
        name=onco, display_name_fr="Onco Centre", display_name_en="Centre cancer network", requestable=False
    )
    assert parts.communities.change(other, actor=OPERATOR) == ["display_name_en", "requestable"]
    assert parts.communities.change(other, actor=OPERATOR) == []
    assert parts.communities.by_name(onco) == other
    [line] = lines(parts, 1)
    assert line.detail == {"community": onco, "changed": ["display_name_en", "requestable"]}
    with pytest.raises(NoSuchCommunity):
        parts.communities.change(
            CommunityDescription(name="other", display_name_fr="A", display_name_en="A"), actor=OPERATOR
        )


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"name": "Onco Centre"}, ["name"]),
        ({"name": "o" * 41}, ["name"]),
        ({"display_name_fr": "", "display_name_en": " A"}, ["display_name_fr", "display_name_en"]),
        ({"help_fr": "one\ntwo", "help_en": "x" * 501}, ["help_fr", "help_en"]),
    ],
)
def test_every_problem_of_a_description_is_told_at_once(parts, changed, fields):
    usual = {"name": "onco", "display_name_fr": "Onco", "display_name_en": "Onco"}
    with pytest.raises(CommunityRefused) as refused:
        parts.communities.add(CommunityDescription(**(usual | changed)), actor=OPERATOR)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == fields
    assert parts.communities.all() == []


def test_an_account_joins_and_leaves(parts, onco, jeanne_account):
    ends_at = datetime.now(UTC) + DAY
    terms = AssignmentTerms(role="coordinator", ends_at=ends_at, reason="Élue par le bureau")
    assert parts.service.join("jdupont", onco, actor=OPERATOR, terms=terms)
    assert not parts.service.join("jdupont", onco, actor=OPERATOR, terms=terms)
    held = parts.as_it_stands(jeanne_account).memberships[onco]
    assert (held.role, held.ends_at, held.granted_by) == ("coordinator", ends_at, "operator:oriou")
    assert parts.service.leave("jdupont", onco, actor=OPERATOR)
    assert not parts.service.leave("jdupont", onco, actor=OPERATOR)
    assert parts.as_it_stands(jeanne_account).memberships == {}
    joined, left = lines(parts, 2)
    assert (joined.kind, joined.detail["community"], joined.detail["role"]) == (
        "membership.granted",
        onco,
        "coordinator",
    )
    assert (left.kind, left.detail, left.application) == ("membership.withdrawn", {"community": onco}, None)


def test_only_a_membership_in_force_counts(parts, onco, jeanne_account):
    now = datetime.now(UTC)
    parts.service.join("jdupont", onco, actor=OPERATOR, terms=AssignmentTerms(starts_at=now, ends_at=now + DAY))
    jeanne = parts.as_it_stands(jeanne_account)
    moments = [now - timedelta(microseconds=1), now, now + DAY]
    assert [jeanne.communities(at) for at in moments] == [[], [onco], []]


def test_a_community_and_an_application_of_one_name_are_two_things(parts, onco, jeanne_account):
    parts.service.grant("jdupont", onco, actor=OPERATOR)
    jeanne = parts.as_it_stands(jeanne_account)
    assert (list(jeanne.entitlements), jeanne.memberships) == ([onco], {})


def test_nobody_joins_a_community_that_there_is_not(parts, onco, jeanne_account):
    with pytest.raises(NoSuchCommunity):
        parts.service.join("jdupont", "other", actor=OPERATOR)
    with pytest.raises(NoSuchAccount):
        parts.service.join("nobody", onco, actor=OPERATOR)
    with pytest.raises(NoSuchCommunity):
        parts.service.create(an_account(), actor=OPERATOR, memberships={"other": AssignmentTerms()})
    assert [each.login for each in parts.accounts.list()] == ["jdupont"]


def test_an_account_is_created_in_its_communities(parts, onco):
    created = parts.service.create(an_account(), actor=OPERATOR, memberships={onco: AssignmentTerms(role="member")})
    assert created.memberships[onco].role == "member"
    assert parts.trail()[-2:] == ["account.created", "membership.granted"]


def test_a_community_with_members_is_not_removed_by_accident(parts, onco, jeanne_account, store):
    parts.service.join("jdupont", onco, actor=OPERATOR)
    elsewhere = parts.with_settings(store)
    assert onco in elsewhere.accounts.snapshot(jeanne_account.account_id).memberships
    for members in (0, 2):
        with pytest.raises(CommunityHasMembers) as refused:
            parts.communities.remove(onco, members=members, actor=OPERATOR)
        assert refused.value.members == 1
    parts.communities.remove(onco, members=1, actor=OPERATOR)
    assert parts.communities.all() == []
    assert elsewhere.accounts.snapshot(jeanne_account.account_id, fresh=True).memberships == {}
    [line] = lines(parts, 1)
    assert (line.kind, line.detail) == ("community.removed", {"community": onco, "members": 1, "approvers": 0})
    with pytest.raises(NoSuchCommunity):
        parts.communities.remove(onco, actor=OPERATOR)


def test_members_are_listed_a_page_at_a_time(parts, onco):
    for name in ("Zoé", "Anne", "Marc"):
        login = parts.service.create(an_account(given_name=name, family_name="Le Gall"), actor=OPERATOR).login
        parts.service.join(login, onco, actor=OPERATOR, terms=AssignmentTerms(role="member"))
    first = parts.communities.members(onco, limit=2)
    assert [(each.login, each.display_name, each.role) for each in first] == [
        ("alegall", "Anne Le Gall", "member"),
        ("mlegall", "Marc Le Gall", "member"),
    ]
    assert [each.login for each in parts.communities.members(onco, after="mlegall")] == ["zlegall"]
    assert parts.communities.count_members(onco) == 3
