"""National identifiers of persons by their type (config/reference/national_ids.py, ANS nomenclature TRE_G08)."""

import pytest

from config.reference.national_ids import IdentifierType, national_identifier, number_of, type_of


def test_an_identifier_is_the_digit_of_its_type_and_the_number():
    assert national_identifier(IdentifierType.RPPS, "99700123450") == "899700123450"
    assert national_identifier(IdentifierType.ADELI, "459912345") == "0459912345"


@pytest.mark.parametrize(
    ("identifier", "rpps", "adeli"),
    [
        ("899700123450", "99700123450", None),
        ("0459912345", None, "459912345"),
        ("3760021832/000000018", None, None),
        ("ANS20231122132732", None, None),
        ("89970012345", None, None),  # a digit is missing
        ("", None, None),
    ],
)
def test_an_identifier_has_a_number_of_its_own_type_alone(identifier, rpps, adeli):
    assert number_of(identifier, IdentifierType.RPPS) == rpps
    assert number_of(identifier, IdentifierType.ADELI) == adeli


def test_a_type_is_named_by_the_first_character_whatever_follows():
    """Two numbers of one type are two persons, whether or not an operator has typed them whole."""
    assert type_of("8997") is IdentifierType.RPPS
    assert type_of("ANS20231122132732") is None
