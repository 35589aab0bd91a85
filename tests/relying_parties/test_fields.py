"""The reference of a registration's fields names all of them, and no other."""

from relying_parties.registration import saml_rules
from relying_parties.registration.client_metadata import MEMBERS
from relying_parties.registration.enrollment_terms import EnrollmentTerms
from relying_parties.registration.fields import FIELDS, REQUIRED, names_in
from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Registration
from relying_parties.registration.saml_sp import SamlServiceProvider

METADATA = {"metadata_file", "metadata_url", "metadata_source", "metadata_certificate", "entity_id"}


def test_every_term_has_a_field():
    of_tables = {"display_name", "login_button", "enrollment", "oidc", "saml"}
    assert {*names_in(""), *of_tables} == {*Registration.__dataclass_fields__} - {"metadata_xml"}
    assert {*names_in("oidc")} == {*OidcClient.__dataclass_fields__, "client_id"}
    terms = {*SamlServiceProvider.__dataclass_fields__} - {"service_provider", "metadata"}
    assert {*names_in("saml")} == terms | METADATA == {*saml_rules.FIELDS} | METADATA


def test_every_member_of_client_metadata_is_a_field():
    known = {f"{field.table}.{field.name}".removeprefix("oidc.").strip(".") for field in FIELDS}
    assert set(MEMBERS) <= known | {"enrollment"}  # a table that is one member


def test_the_table_of_enrollment_has_a_field_for_each_term():
    assert {*names_in("enrollment")} == {*EnrollmentTerms.__dataclass_fields__}


def test_every_field_has_a_meaning():
    assert [field.name for field in FIELDS if not field.meaning.endswith(".")] == []
    required = [field.name for field in FIELDS if field.default == REQUIRED]
    assert required == ["name", "home_url", "fr", "redirect_uris"]
