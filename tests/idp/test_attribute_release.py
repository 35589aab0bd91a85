"""A service provider receives the registered attributes, restricted to those that its metadata request."""

from datetime import UTC, datetime

import pytest

from idp.attribute_release import ATTRIBUTES, RELEASE, release_report, released
from idp.entity_categories import (
    ANONYMOUS,
    CODE_OF_CONDUCT_1,
    CODE_OF_CONDUCT_2,
    PERSONALIZED,
    PSEUDONYMOUS,
    RESEARCH_AND_SCHOLARSHIP,
)
from relying_parties.registration.registration import Terms
from relying_parties.registry.application import Application
from relying_parties.registry.service import ReleaseReport
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    RequestedAttribute,
    SubjectIdentifierRequirement,
)
from tests.builders.saml import a_saml_registration, a_service_provider

MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"
UNKNOWN = RequestedAttribute(name="urn:oid:1.3.6.1.4.1.5923.1.1.1.6", friendly_name="eduPersonPrincipalName")

NAME_AND_EMAIL = {"display_name", "given_name", "family_name", "email"}
ALL = frozenset(ATTRIBUTES)


@pytest.fixture
def an_application():
    """A registered application, as the registry returns it."""

    def an_application(**changes):
        terms = a_saml_registration(**changes)
        values = {name: getattr(terms, name) for name in Terms.__dataclass_fields__}
        now = datetime(2026, 1, 5, 9, tzinfo=UTC)
        return Application(
            id="1", identifier="messagerie", logo=None, registered_at=now, amended_at=now, suspended_at=None, **values
        )

    return an_application


def requesting(*names, **more):
    services = (AttributeConsumingService(index=0, attributes=tuple(_requested(name) for name in names)),)
    return a_service_provider(attribute_consuming_services=services if names else (), **more)


def _requested(name):
    return name if isinstance(name, RequestedAttribute) else RequestedAttribute(name=name)


def test_metadata_without_requests_receive_the_registered_attributes():
    assert released(frozenset({"email", "pairwise-id"}), requesting()).keys() == {"email", "pairwise-id"}


def test_an_unknown_category_requests_nothing():
    known_elsewhere = requesting(entity_categories=("https://federation.example/category/hospital",))
    assert released(frozenset({"email"}), known_elsewhere).keys() == {"email"}


@pytest.mark.parametrize(
    "requested",
    [
        RequestedAttribute(name=MAIL),
        RequestedAttribute(name=MAIL, name_format=URI),
        RequestedAttribute(name="mail"),
        RequestedAttribute(name="mail", name_format=BASIC),
        RequestedAttribute(name="mail", name_format=URI),  # as SimpleSAMLphp writes it
    ],
)
def test_an_attribute_is_requested_by_its_uri_or_its_short_name(requested):
    assert released(ALL, requesting(requested)).keys() == {"email"}


@pytest.mark.parametrize(
    "requested",
    [
        RequestedAttribute(name="urn:example:other", friendly_name="mail"),
        RequestedAttribute(name=f"{MAIL}.1"),
        UNKNOWN,
    ],
)
def test_an_attribute_with_another_name_is_not_released_for_its_friendly_name(requested):
    """Metadata 2.4.4.2: FriendlyName is for people only and does not identify an attribute."""
    assert not released(ALL, requesting(requested))


@pytest.mark.parametrize(
    ("category", "bundle"),
    [
        (RESEARCH_AND_SCHOLARSHIP, NAME_AND_EMAIL),
        (PERSONALIZED, NAME_AND_EMAIL | {"subject-id"}),
        (PSEUDONYMOUS, {"pairwise-id"}),
        (ANONYMOUS, set()),
        (CODE_OF_CONDUCT_1, set()),
        (CODE_OF_CONDUCT_2, set()),
    ],
)
def test_an_entity_category_requests_its_bundle_and_no_more(category, bundle):
    assert released(ALL, requesting(entity_categories=(category,))).keys() == bundle


def test_categories_and_requested_attributes_add_up():
    provider = requesting("uid", entity_categories=(PSEUDONYMOUS, CODE_OF_CONDUCT_2))
    assert released(ALL, provider).keys() == {"login", "pairwise-id"}


def test_a_requested_attribute_is_released_only_if_it_is_registered():
    """Prevents: a federation's category, or a service provider's own list, that grants what no operator decided."""
    provider = requesting("SubjectNameID", entity_categories=(PERSONALIZED,))
    assert released(frozenset({"email", "profession"}), provider).keys() == {"email"}
    assert not released(frozenset(), provider)


def test_requested_values_add_up_and_a_request_for_any_value_wins():
    one, two = (RequestedAttribute(name=MAIL, values=(value,)) for value in ("a@clb.example", "b@clb.example"))
    assert released(ALL, requesting(one, two)) == {"email": {"a@clb.example", "b@clb.example"}}
    assert released(ALL, requesting(one, MAIL)) == released(ALL, requesting(MAIL, one)) == {"email": frozenset()}
    assert released(ALL, requesting(one, entity_categories=(RESEARCH_AND_SCHOLARSHIP,)))["email"] == frozenset()


@pytest.mark.parametrize(
    ("requirement", "registered", "subjects"),
    [
        (SubjectIdentifierRequirement.PAIRWISE_ID, set(), {"pairwise-id"}),
        (SubjectIdentifierRequirement.ANY, {"subject-id"}, {"pairwise-id"}),
        (SubjectIdentifierRequirement.SUBJECT_ID, {"subject-id", "pairwise-id"}, {"subject-id"}),
        (SubjectIdentifierRequirement.SUBJECT_ID, set(), set()),
        (SubjectIdentifierRequirement.NONE, {"subject-id"}, {"subject-id"}),
    ],
)
def test_only_the_required_subject_identifier_is_released(requirement, registered, subjects):
    """`subject-id` is the same for all applications: it is released only if the registration names it."""
    provider = requesting(subject_identifier_requirement=requirement)
    assert released(frozenset(registered | {"email"}), provider).keys() == subjects | {"email"}


def test_a_required_subject_identifier_is_released_in_addition_to_a_category():
    provider = requesting(
        subject_identifier_requirement=SubjectIdentifierRequirement.PAIRWISE_ID, entity_categories=(ANONYMOUS,)
    )
    assert released(ALL, provider).keys() == {"pairwise-id"}


def test_the_release_report_names_what_is_released_and_what_is_not(an_application):
    categories = (PSEUDONYMOUS,)
    services = (
        AttributeConsumingService(index=0, attributes=(UNKNOWN, RequestedAttribute(name="mail"))),
        AttributeConsumingService(index=4, attributes=(RequestedAttribute(name="uid"),)),
    )
    terms = {"attributes": frozenset({"email", "profession"}), "entity_categories": categories}
    assert release_report(an_application(attribute_consuming_services=services, **terms)) == (
        ReleaseReport(
            attributes=("email",),
            unknown=("eduPersonPrincipalName",),
            unregistered=("pairwise-id",),
            unasked=("profession",),
            index=0,
        ),
        ReleaseReport(attributes=(), unregistered=("login", "pairwise-id"), unasked=("email", "profession"), index=4),
    )
    assert release_report(an_application(attributes=frozenset({"email"}))) == (ReleaseReport(attributes=("email",)),)


@pytest.mark.parametrize(
    ("code", "role"),
    [("10", "10^1.2.250.1.71.1.2.7"), ("93", "93^1.2.250.1.213.1.6.1.109"), ("41", "41^1.2.250.1.213.1.6.1.4")],
)
def test_a_profession_is_released_with_the_table_that_has_its_code(code, role):
    """A doctor is of TRE_G15, a psychologist of TRE_R95, a social worker of TRE_R94."""
    assert RELEASE["profession"].form(code) == [role]
