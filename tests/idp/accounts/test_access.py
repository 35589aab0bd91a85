"""Entitlements have a role, a start and an end; what they open is in tests/attacks/endpoints."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from config.audit.query import AuditFilter, page_of
from idp.accounts.assignments import UNLIMITED, Assignment, AssignmentTerms, is_role
from idp.accounts.errors import AssignmentRefused
from idp.accounts.models import Entitlement
from tests.builders.accounts import an_account
from tests.builders.operators import OPERATOR

DAY = timedelta(days=1)


@pytest.fixture
def grants(parts, jeanne_account):
    """Grant Jeanne the DCC by these terms: whether anything changed, and what she has then."""

    def grants(**terms):
        changed = parts.service.grant("jdupont", "dcc", actor=OPERATOR, terms=AssignmentTerms(**terms))
        return changed, parts.as_it_stands(jeanne_account).entitlements["dcc"]

    return grants


def test_an_entitlement_says_its_role_its_end_who_granted_it_and_why(grants):
    before = datetime.now(UTC)
    _, held = grants(role="secretary", ends_at=before + DAY, reason="Remplacement")
    assert (held.role, held.ends_at, held.reason) == ("secretary", before + DAY, "Remplacement")
    assert held.granted_by == "operator:oriou"
    assert held.starts_at == held.granted_at >= before


def test_it_is_in_force_from_its_start_until_its_end(parts, grants, jeanne_account):
    start = datetime.now(UTC) + DAY
    grants(role="secretary", starts_at=start, ends_at=start + DAY)
    jeanne = parts.as_it_stands(jeanne_account)
    moments = [start - timedelta(microseconds=1), start, start + DAY - timedelta(microseconds=1), start + DAY]
    assert [jeanne.may_use("dcc", at) for at in moments] == [False, True, True, False]
    assert [jeanne.role_in("dcc", at) for at in moments] == [None, "secretary", "secretary", None]
    assert not jeanne.may_use("perinat", start)


def test_the_same_terms_again_change_nothing(parts, grants):
    ends_at = datetime.now(UTC) + DAY
    assert grants(role="secretary", ends_at=ends_at)[0]
    assert not grants(role="secretary", ends_at=ends_at)[0]
    assert parts.trail().count("entitlement.granted") == 1
    assert "entitlement.changed" not in parts.trail()


def test_other_terms_replace_those_before_and_the_start_stays(parts, grants):
    _, before = grants(role="secretary", ends_at=datetime.now(UTC) + DAY)
    changed, after = grants()
    assert (changed, after.role, after.ends_at, after.starts_at) == (True, None, None, before.starts_at)
    assert parts.trail()[-1] == "entitlement.changed"


def test_an_entitlement_that_has_ended_begins_anew(grants):
    now = datetime.now(UTC)
    _, before = grants(starts_at=now - 2 * DAY, ends_at=now - DAY)
    assert before.has_ended(now)
    _, after = grants()
    assert after.starts_at >= now
    assert after.is_in_force(after.starts_at)


def test_the_trail_says_the_terms_and_never_the_reason(parts, grants):
    """The detail of a line is not erased with the person's data."""
    ends_at = datetime(2090, 1, 1, tzinfo=UTC)
    grants(role="secretary", ends_at=ends_at, reason="Jeanne remplace Paul Martin")
    [line, *_] = page_of(parts.database, AuditFilter(), before=None, limit=1).lines
    assert (line.application, line.actor) == ("dcc", "operator:oriou")
    assert line.detail.keys() == {"starts_at", "ends_at", "role"}
    assert (line.detail["ends_at"], line.detail["role"]) == ("2090-01-01T00:00:00+00:00", "secretary")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"role": ""}, "role"),
        ({"role": "a b"}, "role"),
        ({"role": "r" * 65}, "role"),
        ({"role": "=cmd"}, "role"),
        ({"ends_at": datetime(2020, 1, 1, tzinfo=UTC)}, "end"),
        ({"reason": ""}, "reason"),
        ({"reason": "one\ntwo"}, "reason"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
def test_terms_that_cannot_be_granted_are_refused(parts, jeanne_account, terms, field):
    with pytest.raises(AssignmentRefused) as refused:
        parts.service.grant("jdupont", "dcc", actor=OPERATOR, terms=AssignmentTerms(**terms))
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [field]
    assert parts.as_it_stands(jeanne_account).entitlements == {}


def test_an_account_with_terms_that_cannot_be_granted_is_not_created(parts):
    with pytest.raises(AssignmentRefused):
        parts.service.create(an_account(), actor=OPERATOR, entitlements={"dcc": AssignmentTerms(role="a b")})
    assert parts.accounts.list() == []


def test_the_database_refuses_an_end_before_the_start(parts, jeanne_account):
    at = datetime.now(UTC)
    with pytest.raises(IntegrityError), parts.database.transaction() as session:
        session.add(
            Entitlement(
                account_id=jeanne_account.account_id, application="dcc", starts_at=at, ends_at=at, granted_at=at
            )
        )


instants = st.datetimes(timezones=st.just(UTC))


@given(instants, st.none() | instants, instants)
def test_whatever_the_dates_an_assignment_in_force_has_begun_and_has_not_ended(starts_at, ends_at, now):
    held = Assignment(
        role=None, starts_at=starts_at, ends_at=ends_at, reason=None, granted_at=starts_at, granted_by=None
    )
    assert held.is_in_force(now) == (starts_at <= now and (ends_at is None or now < ends_at))
    assert not (held.is_in_force(now) and held.has_ended(now))


@given(st.text(max_size=70))
def test_a_role_is_one_word_that_every_application_can_read(text):
    assert not is_role(text) or (text.isascii() and text.isprintable() and 0 < len(text) <= 64 and " " not in text)


def test_unlimited_terms_have_no_problem():
    assert UNLIMITED.problems(datetime.now(UTC)) == []
