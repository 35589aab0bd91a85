"""What an application may learn of a person: one table from attribute to OpenID Connect claim and SAML attribute.

An attribute leaves when three agree: the application's registration names it,
the request asks for it (by a scope; by the RequestedAttributes of metadata, where
there are any), and the account has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp.accounts.accounts import Standing
from relying_parties.service_provider import AttributeConsumingService, RequestedAttribute

PROFESSION_TABLE = "1.2.250.1.71.1.2.7"  # ANS, NOS TRE_G15, Profession
NATIONAL_IDENTIFIERS = "1.2.250.1.71.4.2.1"  # ANS, the authority that assigns a professional's IdNat_PS


@dataclass(frozen=True, slots=True)
class Released:
    """One attribute: its claim, the scope that asks for it, where its value comes from, and its names in SAML."""

    claim: str
    scope: str
    value: Callable[[Standing], object]
    oid: str
    friendly_name: str

    @property
    def saml_name(self) -> str:
        """SAML V2.0 Profiles, section 8.2.2: X.500 and LDAP attributes go by their OID."""
        return f"urn:oid:{self.oid}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlAttribute:
    """An attribute as it leaves in an assertion: Core, section 2.7.3.1."""

    name: str
    friendly_name: str
    values: tuple[str, ...]


def _profession(standing: Standing) -> object:
    """Pro Santé Connect's form: a list of `code^OID`."""
    return [f"{standing.profession}^{PROFESSION_TABLE}"] if standing.profession else None


RELEASE: Mapping[str, Released] = {
    "given_name": Released(
        "given_name", "profile", lambda standing: standing.given_name, oid="2.5.4.42", friendly_name="givenName"
    ),
    "family_name": Released(
        "family_name", "profile", lambda standing: standing.family_name, oid="2.5.4.4", friendly_name="sn"
    ),
    "display_name": Released(
        "name",
        "profile",
        lambda standing: standing.display_name,
        oid="2.16.840.1.113730.3.1.241",
        friendly_name="displayName",
    ),
    "login": Released(
        "preferred_username",
        "profile",
        lambda standing: standing.login,
        oid="0.9.2342.19200300.100.1.1",
        friendly_name="uid",
    ),
    "language": Released(
        "locale",
        "profile",
        lambda standing: standing.language,
        oid="2.16.840.1.113730.3.1.39",
        friendly_name="preferredLanguage",
    ),
    "email": Released(
        "email", "email", lambda standing: standing.email, oid="0.9.2342.19200300.100.1.3", friendly_name="mail"
    ),
    "profession": Released(
        "SubjectRole", "professional", _profession, oid=PROFESSION_TABLE, friendly_name="SubjectRole"
    ),
    "national_id": Released(
        "SubjectNameID",
        "professional",
        lambda standing: standing.national_id,
        oid=NATIONAL_IDENTIFIERS,
        friendly_name="SubjectNameID",
    ),
}

SUBJECT_ATTRIBUTES = frozenset({"subject-id", "pairwise-id"})  # in SAML only: idp/saml/name_ids.py

ATTRIBUTES = frozenset(RELEASE) | SUBJECT_ATTRIBUTES

SCOPES: Mapping[str, tuple[str, ...]] = {
    scope: tuple(released.claim for released in RELEASE.values() if released.scope == scope)
    for scope in dict.fromkeys(released.scope for released in RELEASE.values())
}


def claims(standing: Standing, attributes: frozenset[str]) -> dict[str, object]:
    """The claims an application with these `attributes` may see of this person; absent values are left out."""
    found = {RELEASE[name].claim: RELEASE[name].value(standing) for name in attributes if name in RELEASE}
    return {claim: value for claim, value in found.items() if value}


def saml_attributes(
    standing: Standing, attributes: frozenset[str], requested: AttributeConsumingService | None
) -> list[SamlAttribute]:
    """The same for a service provider; where its metadata asks for some by name, no others leave (Metadata 2.4.4.2)."""
    found = []
    for attribute, released in RELEASE.items():
        if attribute not in attributes:
            continue
        value = released.value(standing)
        values = tuple(str(each) for each in value) if isinstance(value, list) else (str(value),) if value else ()
        if requested is not None and requested.attributes:
            values = _asked_for(released, values, requested.attributes)
        if values:
            found.append(SamlAttribute(name=released.saml_name, friendly_name=released.friendly_name, values=values))
    return found


def _asked_for(
    released: Released, values: tuple[str, ...], requested: tuple[RequestedAttribute, ...]
) -> tuple[str, ...]:
    """By its URI or, as older software does, by its short name; some ask for certain values only."""
    asked = [each for each in requested if each.name in (released.saml_name, released.friendly_name)]
    wanted = {value for each in asked for value in each.values}
    if any(not each.values for each in asked):
        return values
    return tuple(value for value in values if value in wanted)
