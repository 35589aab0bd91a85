import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.usernames import LONGEST_USERNAME, is_username, recette_username_for, username_for


@pytest.mark.parametrize(
    ("given_name", "family_name", "production", "recette"),
    [
        ("Jeanne", "Dupont", "jdupont", "j.dupont"),
        ("Julie", "Dupontel", "jdupontel", "j.duponte"),
        ("Julien", "Dupontelle", "jdupontelle", "j.duponte"),
        ("Zoé", "Lefèvre-Montoya", "zlefevremontoya", "z.lefevre"),
        ("Anne-Laure", "Le Gall", "alegall", "a.legall"),
        ("Éloïse", "d’Aubrac", "edaubrac", "e.daubrac"),
        ("Œdipe", "Strauß", "ostrauss", "o.strauss"),
        ("𝗔lice", "Ǿrsted", "aorsted", "a.orsted"),
        ("Łucja", "Sørensen", "lsorensen", "l.sorense"),
    ],
)
def test_a_login_is_the_first_letter_and_the_surname(given_name, family_name, production, recette):
    assert username_for(given_name, family_name, ()) == production
    assert recette_username_for(given_name, family_name, ()) == recette


def test_homonyms_are_numbered_from_two():
    assert username_for("Jean", "Dupont", {"jdupont"}) == "jdupont2"
    assert username_for("Jules", "Dupont", {"jdupont", "jdupont2"}) == "jdupont3"
    assert recette_username_for("Julien", "Dupontelle", {"j.duponte"}) == "j.duponte2"


@pytest.mark.parametrize(("given_name", "family_name"), [("", "Dupont"), ("Jeanne", "--"), ("Анна", "Иванова")])
def test_a_name_without_letters_makes_no_login(given_name, family_name):
    assert username_for(given_name, family_name, ()) is None


@given(st.text(max_size=150), st.text(max_size=150), st.sets(st.text("abc", max_size=3), max_size=5))
def test_whatever_the_name_its_login_is_a_login_and_free(given_name, family_name, taken):
    for rule in (username_for, recette_username_for):
        login = rule(given_name, family_name, taken)
        assert login is None or (is_username(login) and login not in taken and len(login) <= LONGEST_USERNAME)


@given(st.text(string.ascii_lowercase, min_size=1, max_size=90))
def test_the_same_name_never_gets_the_same_login_twice(name):
    taken: set[str] = set()
    for _ in range(12):
        login = username_for(name, name, taken)
        assert login is not None
        assert login not in taken
        taken.add(login)
