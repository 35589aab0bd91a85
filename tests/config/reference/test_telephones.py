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
def test_a_number_is_converted_to_one_format(typed):
    assert read_telephone(typed) == "+33261911234"


def test_a_foreign_number_needs_its_prefix_or_its_country():
    assert read_telephone("+32 2 555 12 12") == "+3225551212"
    assert read_telephone("02 555 12 12", country="BE") == "+3225551212"


@pytest.mark.parametrize(
    "typed", ["", "le secrétariat", "02 61 91 12 34 poste 12", "0800 CENTRE", "0261911234\n\x00", "0" * 41]
)
def test_a_text_that_is_not_a_number_is_refused(typed):
    assert read_telephone(typed) is TelephoneFault.NOT_A_NUMBER


@pytest.mark.parametrize("typed", ["02 61 91 12", "02 61 91 12 34 5", "00", "+999 1234", "15", "--", "+33"])
def test_an_impossible_number_is_refused(typed):
    assert read_telephone(typed) is TelephoneFault.NO_SUCH_NUMBER


@given(st.sampled_from(FICTION), st.text("0123456789", min_size=4, max_size=4), st.sampled_from(["", " ", ".", "-"]))
def test_a_displayed_national_number_reads_back_the_same(prefix, rest, between):
    number = prefix + rest
    typed = between.join(number[at : at + 2] for at in range(0, 10, 2))
    kept = read_telephone(typed)
    assert kept == f"+33{number[1:]}"
    assert shown(kept) == "\u00a0".join(number[at : at + 2] for at in range(0, 10, 2))
    assert read_telephone(shown(kept)) == kept


@given(st.text())
def test_any_text_is_a_telephone_number_or_a_fault(typed):
    kept = read_telephone(typed)
    assert isinstance(kept, TelephoneFault) or (kept[0] == "+" and kept[1:].isdecimal() and len(kept) <= 16)


@given(st.text(max_size=50))
def test_any_stored_number_can_be_displayed(kept):
    assert isinstance(shown(kept), str)


def test_a_foreign_number_is_displayed_with_its_prefix():
    assert shown("+3225551212") == "+32\u00a02\u00a0555\u00a012\u00a012"
