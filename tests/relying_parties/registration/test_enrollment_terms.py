"""How people ask for access to an application: the table `[enrollment]` of its registration."""

import json
from dataclasses import replace

import pytest

from relying_parties.problems import RegistrationProblems
from relying_parties.registration.client_metadata import as_client_metadata, read_client_metadata
from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.enrollment_terms import (
    EnrollmentCategory,
    EnrollmentTerms,
    OfferedRole,
    enrollment_as_table,
    enrollment_of_table,
)
from relying_parties.registration.toml_registration import as_toml, read_toml
from tests.builders.registry import a_registration, some_capabilities

PLAIN = """
name = "dcc"
home_url = "https://dcc.example/"
lowest_assurance = "password"
display_name.fr = "DCC"
[oidc]
redirect_uris = ["https://dcc.example/callback"]
"""

TERMS = EnrollmentTerms(
    requestable=False,
    category=EnrollmentCategory.SERVICE,
    help=DisplayName('Pour "tous" \\ chacun', "For all"),
    needs_communities=("onco-centre",),
    closed_to_levels=("hidden",),
    roles=(OfferedRole(name="medecin", display_name=DisplayName("Médecin", "Physician")),),
)


def read(table):
    return read_toml(PLAIN + table, some_capabilities()).enrollment


def problems_of(table):
    with pytest.raises(RegistrationProblems) as refused:
        read(table)
    return {problem.field: problem.change for problem in refused.value.problems}


def test_an_application_is_not_offered_unless_its_registration_says_how_to_ask_for_it():
    assert read("") is None


def test_an_empty_table_offers_the_application_to_everyone():
    assert read("[enrollment]") == EnrollmentTerms()


@pytest.mark.parametrize("terms", [TERMS, EnrollmentTerms()])
def test_written_terms_read_back_the_same(terms):
    registration = replace(a_registration(), enrollment=terms)

    assert read_toml(as_toml(registration), some_capabilities()).enrollment == terms
    metadata = json.dumps(as_client_metadata(registration))
    assert read_client_metadata(metadata, some_capabilities()).enrollment == terms
    assert enrollment_of_table(json.loads(json.dumps(enrollment_as_table(terms)))) == terms


def test_all_problems_are_reported_together_with_their_fields():
    problems = problems_of("""
        [enrollment]
        requestable = "yes"
        categroy = "service"
        category = "platform"
        help = { en = "For all" }
        needs_communities = ["Onco Centre"]
        closed_to_levels = ["secret"]
        [[enrollment.roles]]
        name = "médecin"
        display_name = "Médecin"
        [[enrollment.roles]]
        title = "x"
    """)

    assert set(problems) == {
        "enrollment.requestable",
        "enrollment.categroy",
        "enrollment.category",
        "enrollment.help.fr",
        "enrollment.needs_communities",
        "enrollment.closed_to_levels",
        "enrollment.roles.name",
        "enrollment.roles.display_name",
        "enrollment.roles.title",
    }
    assert "must be one of public, professionals, hidden" in problems["enrollment.closed_to_levels"]


@pytest.mark.parametrize("table", ["enrollment = 3", "enrollment = []", '[enrollment]\nroles = "x"'])
def test_another_type_is_a_problem_and_not_a_fault(table):
    with pytest.raises(RegistrationProblems, match="must be"):
        read_toml(table + PLAIN if table.startswith("enrollment =") else PLAIN + table, some_capabilities())


def test_a_role_is_listed_once():
    role = '[[enrollment.roles]]\nname = "medecin"\ndisplay_name = { fr = "Médecin" }\n'
    assert problems_of(role + role) == {"enrollment.roles": "is listed twice"}
