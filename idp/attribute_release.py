"""Attribute release: which attributes an application receives, as claims and as SAML attributes.

The attributes of an account and their names in both protocols are declared in `idp/accounts/attributes.py`. The
username and what depends on grants are added here.

An attribute is released if the application's registration names it, the application
requests it (by a scope, or by its SAML metadata if they request any attribute), and the
account has a value for it. A national identifier that was only typed counts as none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.accounts.attribute_declaration import Release
from idp.accounts.attributes import ATTRIBUTES as ATTRIBUTES_OF_ACCOUNT
from idp.accounts.models import IdentifierProof
from idp.accounts.postal_address import address_claim, postal_address
from idp.accounts.snapshot import AccountSnapshot
from idp.entity_categories import BUNDLES
from relying_parties.registry.application import Application
from relying_parties.registry.service import ReleaseReport
from relying_parties.sp_metadata.service_provider import (
    AttributeConsumingService,
    RequestedAttribute,
    ServiceProvider,
    SubjectIdentifierRequirement,
)


@dataclass(frozen=True, slots=True)
class Recipient:
    """The application that attributes are released to, by its client identifier, and the instant of the release."""

    application: str
    at: datetime


Value = Callable[[AccountSnapshot, Recipient], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlAttribute:
    """An attribute of an assertion: Core, section 2.7.3.1."""

    name: str
    friendly_name: str
    values: tuple[str, ...]


RELEASE: Mapping[str, Release] = {
    name: attribute.release for name, attribute in ATTRIBUTES_OF_ACCOUNT.items() if attribute.release is not None
} | {
    "display_name": Release(
        claim="name", scope="profile", oid="2.16.840.1.113730.3.1.241", friendly_name="displayName"
    ),
    "login": Release(claim="preferred_username", scope="profile", oid="0.9.2342.19200300.100.1.1", friendly_name="uid"),
    "address": Release(
        claim="address",
        scope="address",
        oid="2.5.4.16",
        friendly_name="postalAddress",
        saml_form=postal_address,
    ),
    "role": Release(
        claim="role",
        scope="professional",
        oid="2.5.4.72",  # RFC 5755, section 4.4.5
        friendly_name="role",
    ),
    "communities": Release(
        claim="communities",
        scope="professional",
        oid="1.3.6.1.4.1.5923.1.5.1.1",  # eduMember 201602
        friendly_name="isMemberOf",
    ),
    "operator_roles": Release(
        claim="operator_roles",
        scope="professional",
        oid="2.25.120272027969727761038223743324488810999",  # from a UUID: Rec. ITU-T X.667, section 7
        friendly_name="operatorRoles",
    ),
}
"""Each attribute by its name in registrations. `COMPUTED` or the snapshot's field of that name has its value."""


def _proven_national_id(snapshot: AccountSnapshot, _recipient: Recipient) -> str | None:
    """The national identifier, once it is proven: the numbers of professionals are public, and anybody may type one."""
    return None if snapshot.national_id_proof in (None, IdentifierProof.TYPED) else snapshot.national_id


COMPUTED: Mapping[str, Value] = {
    "national_id": _proven_national_id,
    "address": lambda snapshot, _recipient: address_claim(snapshot, snapshot.language),
    "role": lambda snapshot, recipient: snapshot.role_in(recipient.application, recipient.at),
    "communities": lambda snapshot, recipient: snapshot.communities(recipient.at),
    "operator_roles": lambda snapshot, _recipient: [str(role) for role in sorted(snapshot.roles)],
}


SUBJECT_ID = "subject-id"
PAIRWISE_ID = "pairwise-id"
SUBJECT_ATTRIBUTES = frozenset({SUBJECT_ID, PAIRWISE_ID})  # SAML only: idp/saml/sso/name_ids.py gives their values
SUBJECT_ATTRIBUTE = "urn:oasis:names:tc:SAML:attribute:"

ATTRIBUTES = frozenset(RELEASE) | SUBJECT_ATTRIBUTES

SCOPES: Mapping[str, tuple[str, ...]] = {
    scope: tuple(claim for each in RELEASE.values() if each.scope == scope for claim in each.claims)
    for scope in dict.fromkeys(each.scope for each in RELEASE.values())
}


def claims(snapshot: AccountSnapshot, attributes: frozenset[str], recipient: Recipient) -> dict[str, object]:
    """The claims about this person for `recipient`, registered for `attributes`. Absent values are left out."""
    found: dict[str, object] = {}
    for name in attributes & RELEASE.keys():
        release = RELEASE[name]
        if value := _value(name, snapshot, recipient):
            found[release.claim] = value
            if release.companion is not None:
                found[release.companion] = getattr(snapshot, release.companion)
    return found


def _value(name: str, snapshot: AccountSnapshot, recipient: Recipient) -> object:
    """The value of an attribute in the form in which it is released; None when the account has none."""
    if name in COMPUTED:
        return COMPUTED[name](snapshot, recipient)
    stored = getattr(snapshot, name)
    return RELEASE[name].form(stored) if stored else None


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

    `idp/saml/sso/name_ids.py` adds the subject identifiers.
    """
    found = []
    for name, release in RELEASE.items():
        if name not in granted:
            continue
        value, wanted = _value(name, snapshot, recipient), granted[name]
        if value and release.saml_form is not None:
            value = release.saml_form(value)
        values = tuple(str(each) for each in value) if isinstance(value, list) else (str(value),) if value else ()
        if wanted:
            values = tuple(each for each in values if each in wanted)
        if values:
            found.append(SamlAttribute(name=release.saml_name, friendly_name=release.friendly_name, values=values))
    return found
