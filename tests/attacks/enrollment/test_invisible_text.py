"""Prevents: a name or a reason that looks like another one, looks empty, or covers the text next to it."""

import pytest

from config.escaping import escaped, is_invisible
from config.typed_text import lines, one_line
from enrollment.applicant.person_fields import FieldFault, read_person
from enrollment.invitations.invitees_file import Invitee
from idp.accounts.attribute_declaration import is_one_line

INVISIBLE = (
    "\u3164\uffa0\u115f\u1160\u034f\u17b4\ufe00\u180b\U000e0100\u2800\u00ad\u200b\u202e\u2066\ufeff\u061c\U000e0041"
)
NAMES = ("family_name", "given_name")
LEGIBLE = ("D’Aubrac", "Nguyễn", "Ng\u0302\u0323a", "Ω\u0313\u0301\u0345 Mega", "Zoë-Maé", "Łukasz")


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda each: f"U+{ord(each):04X}")
def test_what_a_reader_does_not_see_is_no_part_of_a_text(character):
    assert is_invisible(character)
    assert (one_line(f"a{character}b"), lines(character)) == ("ab", "")
    assert escaped(f"a{character}") == "a" + ascii(character)[1:-1]
    name, street = f"Du{character}pont", f"1 rue{character}"
    read = read_person(
        {"family_name": name, "street": street, "country": "FR"}, fields=("family_name", "street"), required=()
    )
    assert dict(read.problems) == {"family_name": FieldFault.NAME, "street": FieldFault.LINE}
    assert not is_one_line(name, 120)
    assert len(Invitee(email="zoe@exemple.test", given_name=name, family_name=name).faults()) == 2


def test_marks_that_cover_other_lines_are_no_name():
    read = read_person(
        {"family_name": "D" + "\u0301" * 4, "given_name": "a\ufe0f"},
        fields=("family_name", "given_name"),
        required=(),
    )
    assert {fault for _, fault in read.problems} == {FieldFault.NAME}


@pytest.mark.parametrize("name", LEGIBLE)
def test_names_with_marks_stay_names(name):
    assert read_person({"family_name": name}, fields=("family_name",), required=()).problems == ()
