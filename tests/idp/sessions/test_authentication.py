"""Factors add up in a session."""

from datetime import UTC, datetime, timedelta

import pytest

from idp.login.methods.password import PASSWORD
from idp.sessions.authentication import Authentication, FactorKind, FactorType
from relying_parties.policy import AssuranceLevel

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
CODE = FactorType(method="code", kinds=frozenset({FactorKind.POSSESSION}), alone=None, amr=("otp",))
PIN = FactorType(method="pin", kinds=frozenset({FactorKind.KNOWLEDGE}), alone=None, amr=("pin",))
CARD = FactorType(
    method="card", kinds=frozenset(FactorKind) - {FactorKind.INHERENCE}, alone=AssuranceLevel.CARD, amr=("sc", "pin")
)


def by(*types):
    return Authentication(tuple(each.achieved(NOON) for each in types))


@pytest.mark.parametrize(
    ("types", "assurance"),
    [
        ((PASSWORD,), AssuranceLevel.PASSWORD),
        ((PASSWORD, CODE), AssuranceLevel.TWO_FACTORS),
        ((PASSWORD, PIN), AssuranceLevel.PASSWORD),
        ((PASSWORD, CARD), AssuranceLevel.CARD),
        ((CARD,), AssuranceLevel.CARD),
    ],
)
def test_two_factors_must_be_of_two_kinds(types, assurance):
    assert by(*types).assurance is assurance


def test_factors_that_reach_no_assurance_are_no_authentication():
    with pytest.raises(ValueError, match="no assurance"):
        by(CODE)


def test_a_factor_replaces_only_an_earlier_one_of_the_same_method():
    later = NOON + timedelta(minutes=5)
    authentication = by(PASSWORD, CODE).with_factor(PASSWORD.achieved(later))
    assert authentication.assurance is AssuranceLevel.TWO_FACTORS
    assert [factor.at for factor in authentication.factors] == [NOON, later]
    assert authentication.at == later


def test_a_second_factor_does_not_change_the_time_of_the_authentication():
    assert by(PASSWORD).with_factor(CODE.achieved(NOON + timedelta(hours=1))).at == NOON


def test_a_card_with_its_pin_is_of_two_kinds_by_itself():
    """RFC 8176 section 2: `mfa` when several factors were used, and the reference of each may come with it."""
    assert by(CARD).amr == ("sc", "pin", "mfa")
    assert by(PASSWORD).amr == ("pwd",)
