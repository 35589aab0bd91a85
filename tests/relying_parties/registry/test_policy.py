import pytest
from hypothesis import given
from hypothesis import strategies as st

from relying_parties.registry.policy import Assurance
from tests.builders.registry import an_offering

assurances = st.sampled_from(Assurance)


@given(have=assurances, need=assurances)
def test_of_two_assurances_one_reaches_the_other_and_both_only_if_equal(have, need):
    assert have.reaches(need) or need.reaches(have)
    assert (have.reaches(need) and need.reaches(have)) == (have is need)


def test_assurances_are_ordered_by_what_they_prove_and_not_by_the_alphabet():
    assert sorted(Assurance) == [Assurance.PASSWORD, Assurance.TWO_FACTORS, Assurance.CARD]
    assert max(Assurance) is Assurance.CARD
    assert Assurance.PASSWORD < "card"


def test_a_word_that_is_no_assurance_has_no_place_in_the_order():
    with pytest.raises(ValueError, match="not an assurance"):
        _ = Assurance.PASSWORD < "pasword"


def test_an_offering_reaches_what_one_of_its_methods_reaches():
    offering = an_offering(methods={"password": Assurance.PASSWORD, "card": Assurance.CARD})

    assert offering.reaches(Assurance.TWO_FACTORS)
    assert not an_offering().reaches(Assurance.TWO_FACTORS)
    assert not an_offering(methods={}).reaches(Assurance.PASSWORD)
