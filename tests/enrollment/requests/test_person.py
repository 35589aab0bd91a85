"""The person of a request."""

import pytest

from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.person import LONGEST_SEARCHED, PERSON_FIELDS, person_name, searched_name


def test_every_field_of_a_person_has_its_column():
    assert set(PERSON_FIELDS) <= set(EnrollmentRequest.__table__.columns.keys())


@pytest.mark.parametrize(
    ("title", "language", "name"),
    [
        ("DR", "fr", "Docteur Éloïse d’Aubrac"),
        ("PR", "en", "Professor Éloïse d’Aubrac"),
        ("MC", "fr", "Médecin chef Éloïse d’Aubrac"),
        ("", "fr", "Éloïse d’Aubrac"),
        ("XX", "fr", "Éloïse d’Aubrac"),
    ],
)
def test_a_name_is_said_with_its_title_in_full(title, language, name):
    eloise = EnrollmentRequest(title=title, given_name="Éloïse", family_name="d’Aubrac")
    assert person_name(eloise, language) == name


def test_the_name_of_an_erased_person_is_the_reference_of_the_request():
    erased = EnrollmentRequest(reference="INS-2026-000007", title="", given_name="", family_name="")
    assert person_name(erased, "fr") == "INS-2026-000007"


def test_names_are_searched_without_accents_and_signs():
    assert searched_name(family_name="d’Aubrac", given_name="Éloïse", birth_name="") == "daubrac eloise"


def test_the_longest_names_fit_their_column():
    longest = searched_name(family_name="\ufdfa" * 120, given_name="œ" * 120, birth_name="ß" * 120)
    assert len(longest) <= LONGEST_SEARCHED == EnrollmentRequest.__table__.columns["folded_name"].type.length
