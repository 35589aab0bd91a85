import pytest
from hypothesis import given
from hypothesis import strategies as st

from relying_parties.policy import AssuranceLevel
from tests.builders.registry import some_capabilities

assurances = st.sampled_from(AssuranceLevel)


@given(have=assurances, need=assurances)
def test_assurances_have_a_total_order(have, need):
    assert have.reaches(need) or need.reaches(have)
    assert (have.reaches(need) and need.reaches(have)) == (have is need)


def test_assurances_are_ordered_by_strength():
    assert sorted(AssuranceLevel) == [AssuranceLevel.PASSWORD, AssuranceLevel.TWO_FACTORS, AssuranceLevel.CARD]
    assert max(AssuranceLevel) is AssuranceLevel.CARD
    assert AssuranceLevel.PASSWORD < "card"


def test_an_unknown_assurance_cannot_be_compared():
    with pytest.raises(ValueError, match="not an assurance"):
        _ = AssuranceLevel.PASSWORD < "pasword"


def test_the_capabilities_reach_the_assurances_of_their_methods():
    capabilities = some_capabilities(methods={"password": AssuranceLevel.PASSWORD, "card": AssuranceLevel.CARD})

    assert capabilities.reaches(AssuranceLevel.TWO_FACTORS)
    assert not some_capabilities().reaches(AssuranceLevel.TWO_FACTORS)
    assert not some_capabilities(methods={}).reaches(AssuranceLevel.PASSWORD)
