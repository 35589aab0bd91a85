"""Postcodes and their towns."""

import lzma
import re
from importlib.resources import files

import pytest

from config.reference.departments import DEPARTMENTS, department_of
from enrollment.reference.postcodes import TABLE, Town, is_postcode, towns_of

TOWNS = {
    "18": 286,
    "28": 363,
    "36": 241,
    "37": 272,
    "41": 267,
    "45": 325,
}  # of each, says the Code officiel géographique of 1 January 2026


@pytest.fixture(scope="module")
def table() -> dict[str, list[str]]:
    """The whole file, read in the plainest way: what `towns_of` must find."""
    text = lzma.decompress((files("enrollment.reference") / TABLE).read_bytes()).decode()
    return {line.split("\t")[0]: line.split("\t")[1:] for line in text.splitlines() if line}


def test_a_postcode_gives_its_towns_by_name_with_their_department():
    assert towns_of("45000") == (Town("Orléans", "45234", "45"),)
    assert [town.name for town in towns_of("45800")] == ["Combleux", "Saint-Jean-de-Braye"]


def test_a_postcode_may_be_of_two_departments(table):
    shared = [code for code, towns in table.items() if len({department_of(town) for town in towns}) > 1]
    assert shared
    for code in shared:
        assert len({town.department for town in towns_of(code)}) > 1


def test_the_collectivities_overseas_have_their_towns():
    assert towns_of("98714") == (Town("Papeete", "98735", "987"),)
    assert towns_of("97150") == (Town("Saint-Martin", "97801", "978"),)


@pytest.mark.parametrize("typed", ["", "4500", "450000", "45 00", "４５０００", "00000", "99999", "45000\n", "\t4500"])
def test_what_is_no_postcode_has_no_town(typed):
    assert towns_of(typed) == ()


@pytest.mark.parametrize("department", TOWNS)
def test_every_postcode_of_the_centre_gives_its_towns(table, department):
    postcodes = {code: towns for code, towns in table.items() if any(town.startswith(department) for town in towns)}
    assert (
        len({town[:5] for towns in postcodes.values() for town in towns if town.startswith(department)})
        == TOWNS[department]
    )
    for code, towns in postcodes.items():
        found = towns_of(code)
        assert [town.municipality + town.name for town in found] == towns
        assert all(town.department in DEPARTMENTS for town in found)


def test_every_municipality_of_the_table_is_in_a_known_department(table):
    found = {department_of(town) for towns in table.values() for town in towns}
    assert found <= set(DEPARTMENTS)
    assert len(found & set(list(DEPARTMENTS)[:96])) == 96
    assert all(is_postcode(code) for code in table)
    assert all(re.fullmatch("[0-9AB]{5}[^\t]+", town) for towns in table.values() for town in towns)
