"""The person in a SAML answer: identifiers, the requested subject, attributes."""

import pytest

from relying_parties.registration.saml_sp import NameIdKind
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    RequestedAttribute,
    SubjectIdentifierRequirement,
)
from tests.fixtures.saml import ATTRIBUTES, registers
from tests.journeys.saml_options import GIVEN_NAME, MAIL, PERSISTENT, TRANSIENT, policy

EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def subject(name_id: str, **attributes: str) -> str:
    said = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"<saml:Subject><saml:NameID{said}>{name_id}</saml:NameID></saml:Subject>"


def test_a_persistent_id_is_stable_and_different_for_each_service_provider(browser, jeanne, idp, dcc):
    """Core 8.3.7."""
    messagerie = registers(idp)
    other = registers(idp, name="carnet", identifier="carnet", entity_id="https://carnet.example/")
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    assert messagerie.signs_on(browser.visits(messagerie.asks())).name_id == first.name_id
    assert other.signs_on(browser.visits(other.asks())).name_id != first.name_id
    assert dcc.signs_in(browser.visits(dcc.asks())).subject != first.name_id


def test_a_transient_id_changes_with_the_session(idp, jeanne, messagerie):
    """Core 8.3.8. pysaml2 keeps the same one for ever."""
    asked = {"inside": policy(Format=TRANSIENT)}
    browser = idp.a_browser()
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie, **asked))
    assert first.name_id_format == TRANSIENT
    assert messagerie.signs_on(browser.visits(messagerie.asks(**asked))).name_id == first.name_id
    later = messagerie.signs_on(idp.a_browser().logs_in(jeanne, to=messagerie, **asked))
    assert later.name_id != first.name_id


def test_the_name_id_format_is_that_of_the_request_or_of_the_registration(browser, jeanne, idp):
    """Core 3.4.1.1: with unspecified, the identity provider chooses."""
    messagerie = registers(idp, name_id=NameIdKind.EMAIL)
    first = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    assert (first.name_id_format, first.name_id) == (EMAIL, jeanne.email)
    unspecified = policy(Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified", AllowCreate="true")
    assert messagerie.signs_on(browser.visits(messagerie.asks(inside=unspecified))).name_id == jeanne.email
    assert (
        messagerie.signs_on(browser.visits(messagerie.asks(inside=policy(Format=PERSISTENT)))).name_id_format
        == PERSISTENT
    )


@pytest.mark.parametrize(
    "asked",
    [
        {"Format": "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"},
        {"Format": "urn:invented"},
        {"SPNameQualifier": "https://another.example/"},
    ],
)
def test_an_unsupported_name_id_policy_is_refused_with_its_status(browser, messagerie, asked):
    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=policy(**asked))))
    assert (refused.top, refused.second) == ("Requester", "InvalidNameIDPolicy")


def test_allow_create_false_creates_no_identifier(browser, jeanne, messagerie):
    """Core 3.4.1.1."""
    forbids = {"inside": policy(Format=PERSISTENT, AllowCreate="false")}
    refused = messagerie.is_refused(browser.logs_in(jeanne, to=messagerie, **forbids))
    assert (refused.top, refused.second) == ("Requester", "InvalidNameIDPolicy")
    created = messagerie.signs_on(browser.visits(messagerie.asks()))
    assert messagerie.signs_on(browser.visits(messagerie.asks(**forbids))).name_id == created.name_id


def test_a_request_with_a_subject_is_answered_about_that_person_or_refused(idp, jeanne, paul, messagerie):
    """Core 3.4.1, Subject: the answer MUST NOT be about another person."""
    browser, pauls = idp.a_browser(), idp.a_browser()
    name = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).name_id
    about = {"inside": subject(name, Format=PERSISTENT)}
    assert messagerie.signs_on(browser.visits(messagerie.asks(**about))).name_id == name

    messagerie.signs_on(pauls.logs_in(paul, to=messagerie))
    assert pauls.visits(messagerie.asks(**about)).asks_for("login", "password")
    assert messagerie.signs_on(pauls.gives(jeanne)).name_id == name


@pytest.mark.parametrize(
    "asked",
    [
        subject("nobody-has-this-name", Format=PERSISTENT),
        subject("jdupont"),
        subject("jeanne.dupont@exemple.test", Format=PERSISTENT),
        subject("paul.martin@exemple.test", Format=EMAIL) + policy(Format=EMAIL),
        subject("_0", Format=TRANSIENT) + policy(Format=TRANSIENT),
        subject("_0", Format=TRANSIENT),
        "<saml:Subject><saml:BaseID/></saml:Subject>",
    ],
)
def test_an_unknown_subject_is_refused(browser, jeanne, messagerie, asked):
    """Core 3.4.1.4. pysaml2 does not check it."""
    browser.logs_in(jeanne, to=messagerie)
    refused = messagerie.is_refused(browser.visits(messagerie.asks(inside=asked)))
    assert (refused.top, refused.second) == ("Requester", "UnknownPrincipal")


def test_an_identifier_of_another_service_provider_is_refused(browser, jeanne, idp, messagerie):
    other = registers(idp, name="carnet", identifier="carnet", entity_id="https://carnet.example/")
    name = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).name_id
    for asked in (
        subject(name, Format=PERSISTENT),
        subject(name, Format=PERSISTENT, SPNameQualifier=messagerie.entity_id),
        subject(name, Format=PERSISTENT, NameQualifier="https://another.example/"),
    ):
        assert other.is_refused(browser.visits(other.asks(inside=asked))).second == "UnknownPrincipal"


@pytest.mark.parametrize(
    ("required", "given"),
    [
        (SubjectIdentifierRequirement.SUBJECT_ID, {"subject-id"}),
        (SubjectIdentifierRequirement.PAIRWISE_ID, {"pairwise-id"}),
        (SubjectIdentifierRequirement.ANY, {"pairwise-id"}),
        (SubjectIdentifierRequirement.NONE, set()),
    ],
)
def test_required_subject_identifiers_are_released(browser, jeanne, idp, dcc, required, given):
    """Subject Identifier Attributes Profile 1.0."""
    registered = {"attributes": ATTRIBUTES | {"subject-id"}} if "subject-id" in given else {}
    messagerie = registers(idp, subject_identifier_requirement=required, **registered)
    signed_on = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie))
    start = "urn:oasis:names:tc:SAML:attribute:"
    found = {name.removeprefix(start): value for name, value in signed_on.attributes.items() if name.startswith(start)}
    assert set(found) == given
    if "pairwise-id" in found:
        assert found["pairwise-id"] == [f"{signed_on.name_id}@localhost"]
    if "subject-id" in found:
        assert found["subject-id"] == [f"{dcc.signs_in(browser.visits(dcc.asks())).subject}@localhost"]


def test_only_the_requested_attributes_are_released(browser, jeanne, idp):
    """Metadata 2.4.4.2; by URI or by short name, and by index (Core 3.4.1)."""
    messagerie = registers(
        idp,
        attribute_consuming_services=(
            AttributeConsumingService(index=0, attributes=(RequestedAttribute(name=GIVEN_NAME),)),
            AttributeConsumingService(
                index=1,
                attributes=(RequestedAttribute(name="mail"), RequestedAttribute(name="urn:oid:2.5.4.4", values=("X",))),
            ),
        ),
    )
    assert messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).attributes == {GIVEN_NAME: ["Jeanne"]}
    second = browser.visits(messagerie.asks(AttributeConsumingServiceIndex="1"))
    assert messagerie.signs_on(second).attributes == {MAIL: [jeanne.email]}
    unknown = browser.visits(messagerie.asks(AttributeConsumingServiceIndex="7"))
    assert messagerie.is_refused(unknown).top == "Requester"


def test_an_entity_category_requests_its_bundle_of_the_registered_attributes(browser, jeanne, idp):
    """REFEDS Personalized Access: the profession is registered but not requested, `subject-id` the reverse."""
    messagerie = registers(idp, entity_categories=("https://refeds.org/category/personalized",))
    given = messagerie.signs_on(browser.logs_in(jeanne, to=messagerie)).attributes
    assert given == {GIVEN_NAME: ["Jeanne"], "urn:oid:2.5.4.4": [jeanne.family_name], MAIL: [jeanne.email]}
