"""Names compared (config/reference/names.py)."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.reference.names import Likeness, compare, distance, folded, words

names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=40)
letters = st.text("abcdé", max_size=9)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Lefèvre-Montoya", "lefevremontoya"),
        ("d’Aubrac", "daubrac"),
        ("D'AUBRAC", "daubrac"),
        ("Œuvrard", "oeuvrard"),
        ("Ælfgar", "aelfgar"),
        ("Strauß", "strauss"),
        ("Ødegård", "odegard"),
        ("Łukasz", "lukasz"),
        ("Nguyễn", "nguyen"),
        ("ﬁlippi", "filippi"),
        ("𝗔𝗟𝗜𝗖𝗘", "alice"),
        ("Ǿrsted", "orsted"),
        ("  ", ""),
    ],
)
def test_a_name_is_folded_to_its_letters(name, letters):
    assert folded(name) == letters


def test_a_name_is_split_into_words():
    assert words("Anne-Laure") == words("ANNE  LAURE") == ("anne", "laure")


@given(names)
@example("ﷺ" * 40)  # eighteen letters each
def test_folding_twice_changes_nothing(name):
    assert folded(folded(name)) == folded(name)


@given(names)
def test_case_and_composition_do_not_matter(name):
    assert folded(unicodedata.normalize("NFD", name)) == folded(unicodedata.normalize("NFC", name))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("d’Aubrac", "AUBRAC"),
        ("de la Tour", "TOUR"),
        ("de l’Étoile", "Etoile"),
        ("du Bois", "DUBOIS"),
        ("Le Gall", "LEGALL"),
        ("Anne Laure", "Anne-Laure"),
        ("Éloïse", "ELOISE"),
    ],
)
def test_spellings_of_the_same_name_are_the_same(one, other):
    assert compare(one, other) is compare(other, one) is Likeness.SAME


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lefebvre", "Lefevre"),
        ("Dupond", "Dupont"),
        ("Martin", "Matrin"),
        ("Lefèvre", "Lefèvre-Montoya"),
        ("Montoya", "Lefèvre-Montoya"),
        ("Anne", "Anne-Laure"),
        ("Villefranche", "Vilefranch"),
        ("de Montoya", "Lefèvre-Montoya"),
    ],
)
def test_a_typing_error_or_a_part_of_a_double_name_is_similar(one, other):
    assert compare(one, other) is compare(other, one) is Likeness.SIMILAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Dupont", "Durand"),
        ("Le Gall", "Gallet"),
        ("Roy", "Rey"),
        ("Jeanne", "Julie"),
        ("", ""),
        ("", "Dupont"),
        ("de", "Dupont"),
    ],
)
def test_other_names_are_different(one, other):
    assert compare(one, other) is compare(other, one) is Likeness.DIFFERENT


@given(names, names)
def test_the_comparison_is_symmetric(one, other):
    assert compare(one, other) is compare(other, one)


@given(names)
def test_a_name_is_the_same_as_itself(name):
    assert compare(name, name) is (Likeness.SAME if words(name) else Likeness.DIFFERENT)


def full_distance(one: str, other: str) -> int:
    """The optimal string alignment distance, the whole table of it."""
    table = [
        [row + column if 0 in (row, column) else 0 for column in range(len(other) + 1)] for row in range(len(one) + 1)
    ]
    for row, letter in enumerate(one, start=1):
        for column, its in enumerate(other, start=1):
            choices = [
                table[row - 1][column] + 1,
                table[row][column - 1] + 1,
                table[row - 1][column - 1] + (letter != its),
            ]
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == its:
                choices.append(table[row - 2][column - 2] + 1)
            table[row][column] = min(choices)
    return table[-1][-1]


@given(letters, letters, st.integers(0, 3))
def test_the_bounded_distance_is_the_distance_within_its_bound(one, other, at_most):
    known = full_distance(one, other)
    assert distance(one, other, at_most=at_most) == (known if known <= at_most else None)
