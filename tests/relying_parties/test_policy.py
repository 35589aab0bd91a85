import pytest
from hypothesis import given
from hypothesis import strategies as st

from relying_parties.policy import AssuranceLevel
from tests.builders.registry import some_capabilities

assurances = st.sampled_from(AssuranceLevel)


@given(have=assurances, need=assurances)
def test_of_two_assurances_one_reaches_the_other_and_both_only_if_equal(have, need):
    assert have.reaches(need) or need.reaches(have)
    assert (have.reaches(need) and need.reaches(have)) == (have is need)


def test_assurances_are_ordered_by_what_they_prove_and_not_by_the_alphabet():
    assert sorted(AssuranceLevel) == [AssuranceLevel.PASSWORD, AssuranceLevel.TWO_FACTORS, AssuranceLevel.CARD]
    assert max(AssuranceLevel) is AssuranceLevel.CARD
    assert AssuranceLevel.PASSWORD < "card"


def test_a_word_that_is_no_assurance_has_no_place_in_the_order():
    with pytest.raises(ValueError, match="not an assurance"):
        _ = AssuranceLevel.PASSWORD < "pasword"


def test_an_offering_reaches_what_one_of_its_methods_reaches():
    capabilities = some_capabilities(methods={"password": AssuranceLevel.PASSWORD, "card": AssuranceLevel.CARD})

    assert capabilities.reaches(AssuranceLevel.TWO_FACTORS)
    assert not some_capabilities().reaches(AssuranceLevel.TWO_FACTORS)
    assert not some_capabilities(methods={}).reaches(AssuranceLevel.PASSWORD)
