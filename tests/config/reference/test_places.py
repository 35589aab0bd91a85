"""Countries and departments."""

import pytest

from config.reference.countries import countries
from config.reference.departments import DEPARTMENTS, department_of

CENTRE = {
    "18": "Cher",
    "28": "Eure-et-Loir",
    "36": "Indre",
    "37": "Indre-et-Loire",
    "41": "Loir-et-Cher",
    "45": "Loiret",
}


@pytest.mark.parametrize(("language", "first", "germany"), [("fr", "France", "Allemagne"), ("en", "France", "Germany")])
def test_countries_are_those_of_iso_3166_and_france_is_first(language, first, germany):
    named = countries(language)
    assert len(named) == 249
    assert next(iter(named.values())) == first
    assert named["DE"] == germany


def test_countries_are_sorted_by_name_without_accents():
    names = list(countries("fr").values())
    assert names.index("Équateur") < names.index("Érythrée") < names.index("Espagne") < names.index("Zambie")


def test_there_are_a_hundred_and_one_departments_and_the_collectivities():
    assert len([code for code in DEPARTMENTS if not code.startswith(("975", "977", "978", "98"))]) == 101
    assert {code: DEPARTMENTS[code] for code in CENTRE} == CENTRE


@pytest.mark.parametrize(
    ("municipality", "department"), [("45234", "45"), ("2A004", "2A"), ("97411", "974"), ("98818", "988")]
)
def test_the_department_is_found_from_the_municipality(municipality, department):
    assert department_of(municipality) == department
