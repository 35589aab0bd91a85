"""The national tables of professions, titles and civilities (config/reference)."""

import pytest

from config.reference.professions import PROFESSIONS, ProfessionTable, label_of
from config.reference.titles import CIVILITIES, TITLES, Civility, Title, civility_of, title_of


def test_a_profession_is_found_by_its_code_alone():
    assert {code: profession.code for code, profession in PROFESSIONS.items()} == {code: code for code in PROFESSIONS}
    assert len(PROFESSIONS) == 29 + 5 + 12 + 1


@pytest.mark.parametrize(
    ("code", "table", "french"),
    [
        ("10", ProfessionTable.TRE_G15, "Médecin"),
        ("69", ProfessionTable.TRE_G15, "Infirmier psychiatrique"),
        ("93", ProfessionTable.TRE_R95, "Psychologue"),
        ("41", ProfessionTable.TRE_R94, "Assistant de service social"),
        ("99", ProfessionTable.TRE_R291, "Autre professionnel (secrétaire, cadre, technicien…)"),
    ],
)
def test_each_code_belongs_to_one_table(code, table, french):
    assert (PROFESSIONS[code].table, PROFESSIONS[code].label.french) == (table, french)


@pytest.mark.parametrize("profession", PROFESSIONS.values(), ids=lambda profession: profession.code)
def test_each_profession_has_a_label_in_both_languages(profession):
    assert profession.label.text("fr")[0].isupper()
    assert profession.label.text("en")[0].isupper()


def test_a_closed_code_has_its_closing_date():
    assert PROFESSIONS["35"].closed_on is not None
    assert PROFESSIONS["60"].closed_on is None


def test_an_unknown_code_is_shown_unchanged():
    assert label_of("1234", "fr") == "1234"
    assert label_of("60", "en") == "Nurse"


def test_titles_and_civilities_have_a_label_each():
    assert set(TITLES) == set(Title)
    assert set(CIVILITIES) == set(Civility)


@pytest.mark.parametrize(
    ("code", "civility"), [("M", Civility.SIR), ("MME", Civility.MADAM), ("MLLE", Civility.MADAM), ("", None)]
)
def test_civilities_of_the_register_are_converted(code, civility):
    assert civility_of(code) is civility


def test_titles_of_the_register_are_converted():
    assert (title_of("PR"), title_of(""), title_of("XX")) == (Title.PROFESSOR, None, None)
