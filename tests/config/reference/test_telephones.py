"""Telephone numbers (config/reference/telephones.py). Examples are of the ranges that ARCEP keeps for fiction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference.telephones import TelephoneFault, read_telephone, shown

FICTION = ("019900", "026191", "035301", "046571", "053649", "063998")


@pytest.mark.parametrize(
    "typed",
    ["0261911234", "02 61 91 12 34", "02.61.91.12.34", "02-61-91-12-34", "+33 2 61 91 12 34", "0033 2 61 91 12 34",
     "+33 (0)2 61 91 12 34", " 02\u00a061\u202f91 12 34 "],
)  # fmt: skip
def test_a_number_is_kept_in_one_form_however_it_is_typed(typed):
    assert read_telephone(typed) == "+33261911234"


def test_a_number_of_another_country_is_typed_with_its_prefix_or_from_there():
    assert read_telephone("+32 2 555 12 12") == "+3225551212"
    assert read_telephone("02 555 12 12", country="BE") == "+3225551212"


@pytest.mark.parametrize(
    "typed", ["", "le secrétariat", "02 61 91 12 34 poste 12", "0800 CENTRE", "0261911234\n\x00", "0" * 41]
)
def test_what_is_no_number_is_told(typed):
    assert read_telephone(typed) is TelephoneFault.NOT_A_NUMBER


@pytest.mark.parametrize("typed", ["02 61 91 12", "02 61 91 12 34 5", "00", "+999 1234", "15", "--", "+33"])
def test_a_number_that_cannot_exist_is_told(typed):
    assert read_telephone(typed) is TelephoneFault.NO_SUCH_NUMBER


@given(st.sampled_from(FICTION), st.text("0123456789", min_size=4, max_size=4), st.sampled_from(["", " ", ".", "-"]))
def test_every_national_number_reads_as_it_is_shown(prefix, rest, between):
    number = prefix + rest
    typed = between.join(number[at : at + 2] for at in range(0, 10, 2))
    kept = read_telephone(typed)
    assert kept == f"+33{number[1:]}"
    assert shown(kept) == "\u00a0".join(number[at : at + 2] for at in range(0, 10, 2))
    assert read_telephone(shown(kept)) == kept


@given(st.text())
def test_whatever_is_typed_is_a_number_or_a_fault(typed):
    kept = read_telephone(typed)
    assert isinstance(kept, TelephoneFault) or (kept[0] == "+" and kept[1:].isdecimal() and len(kept) <= 16)


@given(st.text(max_size=50))
def test_whatever_is_kept_can_be_shown(kept):
    assert isinstance(shown(kept), str)


def test_a_number_of_another_country_is_shown_with_its_prefix():
    assert shown("+3225551212") == "+32\u00a02\u00a0555\u00a012\u00a012"
