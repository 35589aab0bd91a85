"""Parses the EntityDescriptor of one service provider: SAML V2.0 Metadata.

The input may be hostile. Names are compared with their namespaces, every problem is reported together, and elements
without meaning to an identity provider are ignored. Signatures are verified elsewhere (idp/saml/sp_metadata).
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from lxml import etree

from config.xml import XmlFault, XmlRefused, read_xml
from relying_parties.field_reader import UNREADABLE
from relying_parties.problems import RegistrationProblems
from relying_parties.sp_metadata.endpoints import (
    MD,
    artifact_resolution_services,
    assertion_consumer_services,
    single_logout_services,
)
from relying_parties.sp_metadata.keys import read_keys
from relying_parties.sp_metadata.service_provider import (
    LONGEST_ENTITY_ID,
    AttributeConsumingService,
    RequestedAttribute,
    ServiceProvider,
    SubjectIdentifierRequirement,
)
from relying_parties.sp_metadata.xml_values import Findings, boolean, duration, index, instant, numbered, text_of

LARGEST_METADATA = 262_144

_SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_MDATTR = "{urn:oasis:names:tc:SAML:metadata:attribute}"
_MDUI = "{urn:oasis:names:tc:SAML:metadata:ui}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

_PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
_ENTITY_CATEGORY = "http://macedir.org/entity-category"
_SUBJECT_ID_REQUIREMENT = "urn:oasis:names:tc:SAML:profiles:subject-id:req"

_MOST = 256  # attributes, values, NameID formats, entity categories, display names
_LONGEST = 1000
_LONGEST_DISPLAY_NAME = 120
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")

_UNREAD = {
    XmlFault.TOO_LARGE: f"must be at most {LARGEST_METADATA} octets long",
    XmlFault.DOCTYPE: "take out the DOCTYPE",
    XmlFault.NOT_UTF8: "must be encoded in UTF-8",
}


def read_service_provider(xml: bytes, *, entity_id: str | None = None, loopback_http: bool) -> ServiceProvider:
    """The service provider that `xml` describes. Its entity id must be `entity_id`, when that is given.

    Raises:
        RegistrationProblems: with every problem.
    """
    findings = Findings()
    try:
        root = read_xml(xml, at_most=LARGEST_METADATA)
    except XmlRefused as refused:
        change = _UNREAD.get(refused.reason, f"is not XML that we read: {refused.reason}")
        findings.refuse("the metadata", f"{len(xml)} octets", change)
        raise RegistrationProblems(findings.problems) from None
    role = _role(root, findings)
    if role is None:
        raise RegistrationProblems(findings.problems)
    said = _entity_id(root, entity_id, findings)
    keys = read_keys(role, findings)
    valid_until, kept_for = _lifetime(root, role, findings)
    if valid_until is not None and valid_until <= datetime.now(UTC):
        findings.refuse("validUntil", valid_until.isoformat(), "has passed: ask the application for current metadata")
    consuming = _attribute_consuming_services(role, findings)
    entity_attributes = _entity_attributes(root)
    service_provider = ServiceProvider(
        entity_id=said,
        assertion_consumer_services=assertion_consumer_services(role, findings, loopback_http=loopback_http),
        valid_until=valid_until,
        cache_duration=kept_for,
        single_logout_services=single_logout_services(role, findings, loopback_http=loopback_http),
        artifact_resolution_services=artifact_resolution_services(role, findings, loopback_http=loopback_http),
        signing_certificates=tuple(keys.signing),
        encryption_keys=tuple(keys.encryption.values()),
        name_id_formats=_texts(role, f"{MD}NameIDFormat", findings),
        authn_requests_signed=boolean(role, "AuthnRequestsSigned", "SPSSODescriptor", findings) or False,
        want_assertions_signed=boolean(role, "WantAssertionsSigned", "SPSSODescriptor", findings) or False,
        attribute_consuming_services=consuming,
        entity_categories=tuple(entity_attributes.get(_ENTITY_CATEGORY, ())),
        subject_identifier_requirement=_requirement(entity_attributes.get(_SUBJECT_ID_REQUIREMENT, ()), findings),
        display_names=_by_language(root, role, "DisplayName", "OrganizationDisplayName"),
        information_urls=_by_language(root, role, "InformationURL", "OrganizationURL"),
    )
    if service_provider.authn_requests_signed and not service_provider.signing_certificates and not findings.problems:
        findings.refuse("KeyDescriptor", None, "must be given: AuthnRequestsSigned declares signed requests")
    if findings.problems:
        raise RegistrationProblems(findings.problems)
    return service_provider


def _lifetime(
    root: etree._Element, role: etree._Element, findings: Findings
) -> tuple[datetime | None, timedelta | None]:
    """Sections 2.2.1 and 2.4.1: validUntil and cacheDuration, each the shorter of the entity's and the role's."""
    levels = ((root, "EntityDescriptor"), (role, "SPSSODescriptor"))
    until = [instant(element, "validUntil", place, findings) for element, place in levels]
    kept_for = [duration(element, "cacheDuration", place, findings) for element, place in levels]
    return min(filter(None, until), default=None), min(filter(None, kept_for), default=None)


def _role(root: etree._Element, findings: Findings) -> etree._Element | None:
    """Section 2.4.4: the one SPSSODescriptor that supports SAML 2.0."""
    if root.tag != f"{MD}EntityDescriptor":
        change = "must be an EntityDescriptor in the namespace urn:oasis:names:tc:SAML:2.0:metadata"
        if root.tag == f"{MD}EntitiesDescriptor":
            change = "has several entities: add its address as a source (idp metadata source add)"
        findings.refuse("the metadata", etree.QName(root).localname, change)
        return None
    roles = [
        role
        for role in root.iterchildren(f"{MD}SPSSODescriptor")
        if _PROTOCOL in role.get("protocolSupportEnumeration", "").split()
    ]
    if len(roles) != 1:
        change = f"there must be exactly one whose protocolSupportEnumeration has {_PROTOCOL}"
        findings.refuse("SPSSODescriptor", len(roles) or None, change)
        return None
    return roles[0]


def _entity_id(root: etree._Element, expected: str | None, findings: Findings) -> str:
    """Section 2.2.1: a URI of at most 1024 characters."""
    found = root.get("entityID", "")
    if len(found) > LONGEST_ENTITY_ID:
        change = f"must be at most {LONGEST_ENTITY_ID} characters long (it has {len(found)})"
        findings.refuse("entityID", found, change)
    elif not _URI.fullmatch(found):
        findings.refuse("entityID", found or None, "must be a URI, such as https://messagerie.example/saml/metadata")
    elif expected is not None and found != expected:
        findings.refuse("entityID", found, f"must be {expected}")
    return found


def _texts(parent: etree._Element, name: str, findings: Findings) -> tuple[str, ...]:
    local = etree.QName(name).localname
    texts = tuple(filter(None, dict.fromkeys(text_of(element) for element in parent.iterchildren(name))))
    if len(texts) > _MOST or any(len(text) > _LONGEST for text in texts):
        findings.refuse(local, len(texts), f"there must be at most {_MOST}, none longer than {_LONGEST} characters")
        return ()
    return texts


def _attribute_consuming_services(role: etree._Element, findings: Findings) -> tuple[AttributeConsumingService, ...]:
    """Section 2.4.4.1."""
    services: dict[int, AttributeConsumingService] = {}
    for place, element in numbered(role, f"{MD}AttributeConsumingService"):
        number = index(element, place, findings)
        if number is None:
            continue
        if number in services:
            findings.refuse(f"{place}, index", number, "is used twice: each must have its own")
        services[number] = AttributeConsumingService(
            index=number,
            is_default=boolean(element, "isDefault", place, findings),
            attributes=_requested_attributes(element, place, findings),
        )
        if len(services) > _MOST:
            findings.refuse("AttributeConsumingService", len(services), f"there must be at most {_MOST}")
            break
    return tuple(services.values())


def _requested_attributes(service: etree._Element, place: str, findings: Findings) -> tuple[RequestedAttribute, ...]:
    """Section 2.4.4.2."""
    attributes: list[RequestedAttribute] = []
    for attribute_place, element in numbered(service, f"{MD}RequestedAttribute"):
        name = element.get("Name", "")
        if not 0 < len(name) <= _LONGEST or len(attributes) == _MOST:
            change = f"must be given, in at most {_LONGEST} characters, for at most {_MOST} attributes"
            findings.refuse(f"{place}, {attribute_place}, Name", name or None, change)
            break
        attributes.append(
            RequestedAttribute(
                name=name,
                name_format=element.get("NameFormat"),
                friendly_name=element.get("FriendlyName"),
                required=boolean(element, "isRequired", f"{place}, {attribute_place}", findings) or False,
                values=_texts(element, f"{_SAML}AttributeValue", findings),
            )
        )
    return tuple(attributes)


def _entity_attributes(root: etree._Element) -> dict[str, tuple[str, ...]]:
    """SAML V2.0 Metadata Extension for Entity Attributes Version 1.0, section 2: attributes of the entity itself."""
    attributes = root.iterfind(f"{MD}Extensions/{_MDATTR}EntityAttributes/{_SAML}Attribute")
    found: dict[str, tuple[str, ...]] = {}
    for attribute in attributes:
        values = tuple(text_of(value)[:_LONGEST] for value in attribute.iterchildren(f"{_SAML}AttributeValue"))
        found[attribute.get("Name", "")] = values[:_MOST]
    return found


def _requirement(values: tuple[str, ...], findings: Findings) -> SubjectIdentifierRequirement:
    """Subject Identifier Attributes Profile Version 1.0, section 5.1: one value."""
    if not values:
        return SubjectIdentifierRequirement.NONE
    for requirement in SubjectIdentifierRequirement:
        if values == (requirement,):
            return requirement
    findings.refuse(_SUBJECT_ID_REQUIREMENT, values[0], "must be one of subject-id, pairwise-id, any, none")
    return SubjectIdentifierRequirement.NONE


def _by_language(
    root: etree._Element, role: etree._Element, mdui_name: str, organization_name: str
) -> tuple[tuple[str, str], ...]:
    """The readable text of each language, first from `mdui:UIInfo`, then from `md:Organization`."""
    elements = [
        *role.iterfind(f"{MD}Extensions/{_MDUI}UIInfo/{_MDUI}{mdui_name}"),
        *root.iterfind(f"{MD}Organization/{MD}{organization_name}"),
    ]
    found: dict[str, str] = {}
    for element in elements:
        language, text = element.get(_LANG, "").lower()[:2], unicodedata.normalize("NFC", text_of(element))
        readable = not any(unicodedata.category(character) in UNREADABLE for character in text)
        if language and readable and 0 < len(text) <= _LONGEST_DISPLAY_NAME:
            found.setdefault(language, text)
    return tuple(list(found.items())[:_MOST])
