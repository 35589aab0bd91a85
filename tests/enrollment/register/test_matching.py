"""A request compared with the register (enrollment/register/matching.py): the evidence, and what is proposed."""

from datetime import UTC, datetime

import pytest

from config.actor import Actor
from config.audit.trail import Audit
from config.reference.titles import Civility, Title
from config.sql.database import Database
from enrollment.register.importing import import_extract
from enrollment.register.matching import Claim, Difference, Field, RegisterOutcome, evidence_for, proposal_for
from enrollment.register.register import Register
from tests.builders.register import a_line, colleagues, write_extract

PUBLISHED = datetime(2026, 11, 28, 7, 42, tzinfo=UTC)
ELOISE = {"rpps": "99700123450", "family_name": "d’Aubrac", "given_name": "Eloïse"}


@pytest.fixture
def database(enrollment_database: Database) -> Database:
    return enrollment_database


@pytest.fixture
def register(database, tmp_path):
    """One that has Éloïse d'Aubrac, at two places."""
    elsewhere = a_line(structure="CLINIQUE DES TILLEULS", postcode="45000", town="Orléans")
    path = write_extract(tmp_path, [a_line(), elsewhere, *colleagues(5)])
    import_extract(database, Audit(database), path, actor=Actor.service("test"))
    return Register(database)


def test_before_the_first_import_nothing_is_known_of_anyone(database):
    evidence = evidence_for(Register(database), Claim(**ELOISE))
    assert (evidence.outcome, evidence.published_at) == (RegisterOutcome.NO_REGISTER, None)
    assert proposal_for(Register(database), Claim(**ELOISE)) is None


def test_a_number_that_the_register_does_not_have_is_unknown(register):
    evidence = evidence_for(register, Claim(**ELOISE | {"rpps": "99700999999"}))
    assert (evidence.outcome, evidence.published_at, evidence.workplaces) == (RegisterOutcome.UNKNOWN, PUBLISHED, ())


def test_names_and_profession_match_however_they_are_written(register):
    evidence = evidence_for(register, Claim(**ELOISE, profession="10"))
    assert (evidence.outcome, evidence.published_at, evidence.differences) == (RegisterOutcome.MATCHED, PUBLISHED, ())


@pytest.mark.parametrize(
    ("claimed", "difference"),
    [
        ({"family_name": "Dupont"}, Difference(field=Field.FAMILY_NAME, registered="D'AUBRAC")),
        ({"family_name": "Daubrat"}, Difference(field=Field.FAMILY_NAME, registered="D'AUBRAC", is_similar=True)),
        (
            {"family_name": "Villemont", "birth_name": "Aubrac"},
            Difference(field=Field.FAMILY_NAME, registered="D'AUBRAC", is_birth_name=True),
        ),
        ({"given_name": "Jeanne"}, Difference(field=Field.GIVEN_NAME, registered="Éloïse")),
        ({"profession": "60"}, Difference(field=Field.PROFESSION, registered="10")),
    ],
)
def test_what_differs_is_named_with_what_the_register_has(register, claimed, difference):
    evidence = evidence_for(register, Claim(**ELOISE | claimed))
    assert (evidence.outcome, evidence.differences) == (RegisterOutcome.DIFFERS, (difference,))


@pytest.mark.parametrize(("postcode", "practises_there"), [("45000", True), ("37000", False), ("", None)])
def test_the_place_is_compared_and_does_not_decide(register, postcode, practises_there):
    evidence = evidence_for(register, Claim(**ELOISE, postcode=postcode))
    assert (evidence.outcome, evidence.practises_there) == (RegisterOutcome.MATCHED, practises_there)
    assert [workplace.town for workplace in evidence.workplaces] == ["Saint-Jean-de-Braye", "Orléans"]


def test_to_a_person_who_gives_number_and_names_the_register_proposes_the_rest(register):
    proposal = proposal_for(register, Claim(**ELOISE))
    assert (proposal.profession, proposal.title, proposal.civility) == ("10", Title.DOCTOR, Civility.MADAM)
    assert [workplace.structure for workplace in proposal.workplaces] == [
        "CH DE BELLEFONTAINE",
        "CLINIQUE DES TILLEULS",
    ]
    assert proposal.published_at == PUBLISHED


@pytest.mark.parametrize(
    "claimed",
    [
        {"family_name": "", "given_name": ""},
        {"given_name": ""},
        {"family_name": "Dupont"},
        {"family_name": "Daubrat"},  # a slip: an operator sees it, and a guess is not rewarded
        {"rpps": "99700999999"},
    ],
)
def test_a_number_alone_or_with_another_name_proposes_nothing(register, claimed):
    assert proposal_for(register, Claim(**ELOISE | claimed)) is None
