"""Attribute release: one table from each attribute to its OpenID Connect claim and its SAML attribute.

An attribute is released if the application's registration names it, the application
requests it (by a scope, or by its SAML metadata if they request any attribute), and the
account has a value for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from config.reference.professions import PROFESSIONS, ProfessionTable
from idp.accounts.accounts import AccountSnapshot
from idp.entity_categories import BUNDLES
from relying_parties.registry.application import Application
from relying_parties.registry.service import ReleaseReport
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    RequestedAttribute,
    ServiceProvider,
    SubjectIdentifierRequirement,
)

NATIONAL_IDENTIFIERS = "1.2.250.1.71.4.2.1"  # ANS, the authority that assigns a professional's IdNat_PS


@dataclass(frozen=True, slots=True)
class Recipient:
    """The application that attributes are released to, by its client identifier, and the instant of the release."""

    application: str
    at: datetime


Value = Callable[[AccountSnapshot, Recipient], object]


@dataclass(frozen=True, slots=True)
class ReleasedAttribute:
    """One attribute: its claim, the scope that requests it, its value, and its names in SAML.

    `companion` is a claim that is released with the value, as `email_verified` is with `email`.
    """

    claim: str
    scope: str
    value: Value
    oid: str
    friendly_name: str
    companion: tuple[str, Value] | None = None

    @property
    def saml_name(self) -> str:
        """The OID as a URI, as for X.500 and LDAP attributes: SAML V2.0 Profiles, section 8.2.2."""
        return f"urn:oid:{self.oid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlAttribute:
    """An attribute of an assertion: Core, section 2.7.3.1."""

    name: str
    friendly_name: str
    values: tuple[str, ...]


def _field(name: str) -> Value:
    """The field of the snapshot that has this name."""
    read = attrgetter(name)
    return lambda snapshot, _recipient: read(snapshot)


def _profession(snapshot: AccountSnapshot, _recipient: Recipient) -> object:
    """The profession as in Pro Santé Connect: a list of `code^OID`, with the OID of the table that has the code."""
    known = PROFESSIONS.get(snapshot.profession or "")
    return [f"{known.code}^{known.table.oid}"] if known else None


RELEASE: Mapping[str, ReleasedAttribute] = {
    "given_name": ReleasedAttribute(
        "given_name", "profile", _field("given_name"), oid="2.5.4.42", friendly_name="givenName"
    ),
    "family_name": ReleasedAttribute(
        "family_name", "profile", _field("family_name"), oid="2.5.4.4", friendly_name="sn"
    ),
    "display_name": ReleasedAttribute(
        "name",
        "profile",
        _field("display_name"),
        oid="2.16.840.1.113730.3.1.241",
        friendly_name="displayName",
    ),
    "login": ReleasedAttribute(
        "preferred_username",
        "profile",
        _field("login"),
        oid="0.9.2342.19200300.100.1.1",
        friendly_name="uid",
    ),
    "language": ReleasedAttribute(
        "locale",
        "profile",
        _field("language"),
        oid="2.16.840.1.113730.3.1.39",
        friendly_name="preferredLanguage",
    ),
    "email": ReleasedAttribute(
        "email",
        "email",
        _field("email"),
        oid="0.9.2342.19200300.100.1.3",
        friendly_name="mail",
        companion=("email_verified", _field("email_verified")),
    ),
    "profession": ReleasedAttribute(
        "SubjectRole", "professional", _profession, oid=ProfessionTable.TRE_G15.oid, friendly_name="SubjectRole"
    ),
    "national_id": ReleasedAttribute(
        "SubjectNameID",
        "professional",
        _field("national_id"),
        oid=NATIONAL_IDENTIFIERS,
        friendly_name="SubjectNameID",
    ),
    "role": ReleasedAttribute(
        "role",
        "professional",
        lambda snapshot, recipient: snapshot.role_in(recipient.application, recipient.at),
        oid="2.5.4.72",  # RFC 5755, section 4.4.5
        friendly_name="role",
    ),
    "communities": ReleasedAttribute(
        "communities",
        "professional",
        lambda snapshot, recipient: snapshot.communities(recipient.at),
        oid="1.3.6.1.4.1.5923.1.5.1.1",  # eduMember 201602, section 2.2
        friendly_name="isMemberOf",
    ),
    "operator_roles": ReleasedAttribute(
        "operator_roles",
        "professional",
        lambda snapshot, _recipient: [str(role) for role in sorted(snapshot.roles)],
        oid="2.25.120272027969727761038223743324488810999",  # from a UUID: Rec. ITU-T X.667, section 7
        friendly_name="operatorRoles",
    ),
}


def _claims_of(attribute: ReleasedAttribute) -> tuple[str, ...]:
    return (attribute.claim,) if attribute.companion is None else (attribute.claim, attribute.companion[0])


SUBJECT_ID = "subject-id"
PAIRWISE_ID = "pairwise-id"
SUBJECT_ATTRIBUTES = frozenset({SUBJECT_ID, PAIRWISE_ID})  # SAML only: idp/saml/sso/name_ids.py gives their values
SUBJECT_ATTRIBUTE = "urn:oasis:names:tc:SAML:attribute:"

ATTRIBUTES = frozenset(RELEASE) | SUBJECT_ATTRIBUTES

SCOPES: Mapping[str, tuple[str, ...]] = {
    scope: tuple(claim for each in RELEASE.values() if each.scope == scope for claim in _claims_of(each))
    for scope in dict.fromkeys(each.scope for each in RELEASE.values())
}


def claims(snapshot: AccountSnapshot, attributes: frozenset[str], recipient: Recipient) -> dict[str, object]:
    """The claims about this person for `recipient`, registered for `attributes`. Absent values are left out."""
    found: dict[str, object] = {}
    for attribute in (RELEASE[name] for name in attributes if name in RELEASE):
        if value := attribute.value(snapshot, recipient):
            found[attribute.claim] = value
            if attribute.companion is not None:
                claim, companion_value = attribute.companion
                found[claim] = companion_value(snapshot, recipient)
    return found


RequestedAttributes = Mapping[str, frozenset[str]]
"""Attributes, each with the values that are requested; an empty set requests any value."""

_ANY: frozenset[str] = frozenset()
_BY_NAME = {attribute.saml_name: name for name, attribute in RELEASE.items()} | {
    SUBJECT_ATTRIBUTE + attribute: attribute for attribute in SUBJECT_ATTRIBUTES
}
_BY_NAME |= {attribute.friendly_name: name for name, attribute in RELEASE.items()}

_REQUIRED = {  # Subject Identifier Attributes Profile 1.0, section 5.1; for ANY, the one that reveals less
    SubjectIdentifierRequirement.NONE: frozenset[str](),
    SubjectIdentifierRequirement.ANY: frozenset({PAIRWISE_ID}),
    SubjectIdentifierRequirement.PAIRWISE_ID: frozenset({PAIRWISE_ID}),
    SubjectIdentifierRequirement.SUBJECT_ID: frozenset({SUBJECT_ID}),
}


def attribute_by_name(requested: RequestedAttribute) -> str | None:
    """The attribute that a RequestedAttribute names, if we have it.

    Its Name may be the URI or the short name; much software writes the short name with any NameFormat.
    """
    return _BY_NAME.get(requested.name)


def requested_by_metadata(provider: ServiceProvider, index: int | None = None) -> RequestedAttributes | None:
    """The attributes that RequestedAttributes and entity categories request together; None if there are neither."""
    service = provider.attribute_consuming_service(index)
    requested = service.attributes if service else ()
    bundles = [BUNDLES[category] for category in provider.entity_categories if category in BUNDLES]
    if not requested and not bundles:
        return None
    attributes: dict[str, frozenset[str]] = dict.fromkeys(frozenset[str]().union(*bundles), _ANY)
    for each in requested:
        if attribute := attribute_by_name(each):
            values, before = frozenset(each.values), attributes.get(attribute)
            attributes[attribute] = _ANY if _ANY in (values, before) else values | (before or _ANY)
    return attributes


def required_by_metadata(provider: ServiceProvider) -> frozenset[str]:
    """The subject identifier attributes that the metadata require."""
    return _REQUIRED[provider.subject_identifier_requirement]


def released(registered: frozenset[str], provider: ServiceProvider, index: int | None = None) -> RequestedAttributes:
    """The attributes to release to a service provider: those `registered`, restricted to what its metadata request.

    A required `pairwise-id` needs no registration: it reveals no more than the persistent identifier.
    """
    requested, required = requested_by_metadata(provider, index), required_by_metadata(provider)
    if requested is None:
        requested = dict.fromkeys(registered - SUBJECT_ATTRIBUTES if required else registered, _ANY)
    granted = {attribute: values for attribute, values in requested.items() if attribute in registered}
    return granted | dict.fromkeys(required & (registered | {PAIRWISE_ID}), _ANY)


def release_report(application: Application) -> tuple[ReleaseReport, ...]:
    """What is released to a SAML application, for the person who registers it.

    There is one report for the default and one for each other AttributeConsumingService.
    """
    if application.saml is None:
        return ()
    provider, registered = application.saml.service_provider, application.attributes
    default = provider.attribute_consuming_service()
    several = len(provider.attribute_consuming_services) > 1
    services = [None, *(each for each in provider.attribute_consuming_services if each is not default)]
    return tuple(_report(registered, provider, each or default, several=several) for each in services)


def _report(
    registered: frozenset[str],
    provider: ServiceProvider,
    service: AttributeConsumingService | None,
    *,
    several: bool,
) -> ReleaseReport:
    index = service.index if service else None
    granted, requested = released(registered, provider, index), requested_by_metadata(provider, index)
    wanted = frozenset(requested or ()) | required_by_metadata(provider)
    unknown = [each for each in (service.attributes if service else ()) if attribute_by_name(each) is None]
    return ReleaseReport(
        attributes=tuple(sorted(granted)),
        unknown=tuple(each.friendly_name or each.name for each in unknown),
        unregistered=tuple(sorted(wanted - granted.keys())),
        unasked=tuple(sorted(registered - granted.keys())),
        index=index if several else None,
    )


def saml_attributes(
    snapshot: AccountSnapshot, granted: RequestedAttributes, recipient: Recipient
) -> list[SamlAttribute]:
    """The attributes of an assertion to `recipient`: those `granted`, with their values.

    name_ids.py adds the subject identifiers.
    """
    found = []
    for name, attribute in RELEASE.items():
        if name not in granted:
            continue
        value, wanted = attribute.value(snapshot, recipient), granted[name]
        values = tuple(str(each) for each in value) if isinstance(value, list) else (str(value),) if value else ()
        if wanted:
            values = tuple(each for each in values if each in wanted)
        if values:
            found.append(SamlAttribute(name=attribute.saml_name, friendly_name=attribute.friendly_name, values=values))
    return found
