"""RPPS and ADELI numbers as people type them (config/reference/numbers.py). The examples are of the test range."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.reference.numbers import (
    NumberFault,
    ProfessionalNumber,
    has_right_key,
    read_adeli,
    read_rpps,
)

RPPS = "99700123450"
ADELI = "459312344"

digits = st.text("0123456789", min_size=1, max_size=18)


def key_of(number: str) -> str:
    """The digit that makes it right: there is one, since the keys of the ten candidates are all different."""
    [key] = [digit for digit in "0123456789" if has_right_key(number + digit)]
    return key


@given(digits)
def test_each_number_has_one_check_digit(number):
    assert has_right_key(number + key_of(number))


@given(digits, st.data())
def test_a_wrong_digit_is_detected(number, data):
    right = number + key_of(number)
    at = data.draw(st.integers(0, len(right) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != right[at]]))
    assert not has_right_key(right[:at] + wrong + right[at + 1 :])


@given(digits, st.data())
def test_two_exchanged_digits_are_detected_except_0_and_9(number, data):
    right = number + key_of(number)
    at = data.draw(st.integers(0, len(right) - 2))
    first, second = right[at], right[at + 1]
    exchanged = right[:at] + second + first + right[at + 2 :]
    assert has_right_key(exchanged) == (first == second or {first, second} == {"0", "9"})


@pytest.mark.parametrize(
    "typed", [RPPS, "997 0012 3450", " 99700123450 ", "997\u202f0012\u00a03450", f"8{RPPS}", "8 997 0012 3450"]
)
def test_spaces_and_the_digit_of_the_type_are_ignored(typed):
    assert read_rpps(typed) == ProfessionalNumber(value=RPPS)


@pytest.mark.parametrize(
    "typed", ["", "9970012345", "997001234500", "99700 12345O", "９９７００１２３４５０", "997-0012-3450", "9" * 999]
)
def test_another_format_is_an_error(typed):
    assert read_rpps(typed) is NumberFault.RPPS_SHAPE


def test_a_wrong_check_digit_is_a_warning():
    """The agency's own example, 10005678901, has a wrong one."""
    assert read_rpps("10005678901") == ProfessionalNumber(value="10005678901", warning=NumberFault.RPPS_KEY)


@pytest.mark.parametrize("typed", [ADELI, "45 93 1234 4", f"0{ADELI}"])
def test_an_adeli_number_has_nine_characters(typed):
    assert read_adeli(typed) == ProfessionalNumber(value=ADELI)


def test_an_adeli_number_of_corsica_has_a_letter_and_no_check():
    assert read_adeli("2a9312345") == ProfessionalNumber(value="2A9312345")


def test_a_wrong_check_digit_of_an_adeli_number_is_a_warning():
    assert read_adeli("459312345") == ProfessionalNumber(value="459312345", warning=NumberFault.ADELI_KEY)


@pytest.mark.parametrize("typed", ["", "45931234", "4593123443", "2C9312345", "A59312343"])
def test_another_format_is_not_an_adeli_number(typed):
    assert read_adeli(typed) is NumberFault.ADELI_SHAPE


@given(st.text())
def test_any_text_is_a_number_or_a_fault(typed):
    for read in (read_rpps, read_adeli):
        assert isinstance(read(typed), ProfessionalNumber | NumberFault)
