"""The person of a request."""

from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.person import LONGEST_SEARCHED, PERSON_FIELDS, searched_name


def test_every_field_of_a_person_has_its_column():
    assert set(PERSON_FIELDS) <= set(EnrollmentRequest.__table__.columns.keys())


def test_names_are_searched_without_accents_and_signs():
    assert searched_name(family_name="d’Aubrac", given_name="Éloïse", birth_name="") == "daubrac eloise"


def test_the_longest_names_fit_their_column():
    longest = searched_name(family_name="\ufdfa" * 120, given_name="œ" * 120, birth_name="ß" * 120)
    assert len(longest) <= LONGEST_SEARCHED == EnrollmentRequest.__table__.columns["folded_name"].type.length
