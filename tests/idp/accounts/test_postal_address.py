"""The address of an account as a claim, as an LDAP value and as lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.postal_address import address_claim, address_lines, postal_address
from tests.builders.accounts import an_account

HOSPITAL = {
    "street": "14 avenue de l'Hôpital",
    "po_box": "BP 86709",
    "postcode": "45067",
    "town": "Orléans",
    "cedex": "CEDEX 2",
    "department": "45",
    "country": "FR",
}


def test_the_claim_has_the_members_of_openid_connect():
    """Core 1.0, section 5.1.1."""
    assert address_claim(an_account(**HOSPITAL), "fr") == {
        "formatted": "14 avenue de l'Hôpital\nBP 86709\n45067 Orléans CEDEX 2",
        "street_address": "14 avenue de l'Hôpital\nBP 86709",
        "postal_code": "45067",
        "locality": "Orléans CEDEX 2",
        "region": "Loiret",
        "country": "France",
    }


def test_only_another_country_is_said_on_the_envelope():
    assert address_lines(an_account(town="Gent", country="BE"), "fr") == ["Gent", "Belgique"]
    assert address_lines(an_account(town="Orléans", country="FR"), "fr") == ["Orléans"]


@pytest.mark.parametrize("named", [{}, {"country": "FR"}, {"department": "45", "telephone": "+33261910000"}])
def test_an_account_without_an_address_has_no_claim(named):
    assert address_claim(an_account(**named), "fr") is None


def test_the_ldap_value_has_its_lines_between_dollars():
    """RFC 4517, section 3.3.28: a dollar and a backslash of the address itself are escaped."""
    claim = address_claim(an_account(street="1 rue du $ \\ d'or", town="Tours"), "fr")
    assert postal_address(claim) == "1 rue du \\24 \\5C d'or$Tours"


@given(st.lists(st.text(st.characters(exclude_characters="\n"), min_size=1), min_size=1))
def test_an_ldap_value_is_taken_apart_into_the_lines_it_was_made_of(lines):
    parts = postal_address({"formatted": "\n".join(lines)}).split("$")
    assert [part.replace("\\24", "$").replace("\\5C", "\\") for part in parts] == lines
