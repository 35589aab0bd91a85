"""The fields of a person that a card fills."""

import pytest

from enrollment.applicant.card.kept import fields_of
from tests.builders.cards import a_card

JEANNE = {"family_name": "DUPONT", "given_name": "Jeanne", "profession": "10", "rpps": "99700123450"}


def test_a_card_fills_what_it_proves():
    assert fields_of(a_card()) == JEANNE


@pytest.mark.parametrize(
    ("changes", "left_to_the_person"),
    [
        ({"family_name": "DUPONT 2"}, "family_name"),
        ({"given_name": "Жанна"}, "given_name"),
        ({"given_name": "J" * 150}, "given_name"),
        ({"given_name": ""}, "given_name"),
        ({"profession": "9999"}, "profession"),
        ({"national_id": "3990000018/0000000018"}, "rpps"),
        ({"national_id": "8997"}, "rpps"),
    ],
)
def test_what_step_2_would_not_take_is_left_to_the_person(changes, left_to_the_person):
    assert fields_of(a_card(**changes)) == {name: JEANNE[name] for name in JEANNE if name != left_to_the_person}


def test_an_adeli_number_fills_its_own_field():
    assert fields_of(a_card(national_id="0459912346"))["adeli"] == "459912346"
