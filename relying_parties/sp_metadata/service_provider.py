"""What a service provider's metadata says of it, in words of ours: SAML V2.0 Metadata, section 2.4.

Only what has a meaning to an identity provider is kept. It is read from XML in
`service_provider_metadata.py`, kept in `service_provider_rows.py`; a
`ServiceProvider` that exists has passed the rules of both.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from relying_parties.addresses import is_same_address

LONGEST_ENTITY_ID = 1024


def could_be_entity_id(text: str) -> bool:
    """Whether a service provider could have this entity id: Metadata, section 2.2.1; databases refuse the rest."""
    if not 0 < len(text) <= LONGEST_ENTITY_ID or not text.isprintable() or " " in text:
        return False
    return len(text.encode()) <= LONGEST_ENTITY_ID  # as an index of PostgreSQL holds: 2,704 octets at most


class Binding(StrEnum):
    """How a message travels: SAML V2.0 Bindings, section 3. Others (SAML 1.1, SimpleSign) are not kept."""

    REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
    SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
    PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"


# What a browser can bring a Response by: SAML V2.0 Profiles, section 4.1.2 (by Redirect, a Response is too long).
ANSWERED_BY = (Binding.POST, Binding.ARTIFACT)


class SubjectIdentifierRequirement(StrEnum):
    """SAML V2.0 Subject Identifier Attributes Profile Version 1.0, section 3.1.4 (metadata)."""

    NONE = "none"
    ANY = "any"
    SUBJECT_ID = "subject-id"
    PAIRWISE_ID = "pairwise-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Metadata sections 2.2.2 and 2.2.3. `is_default` is None where the metadata is silent: that is a third answer."""

    binding: Binding
    location: str
    response_location: str | None = None
    index: int | None = None
    is_default: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionMethod:
    """What the service provider reads: XML Encryption 1.1 section 3.2. All are URIs but the size, in bits."""

    algorithm: str
    digest: str | None = None
    mgf: str | None = None
    key_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKey:
    """`certificate` is the base64 of its DER, without armour; the methods stand in the order of preference."""

    certificate: str
    methods: tuple[EncryptionMethod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedAttribute:
    """Metadata section 2.4.4.2; `values` restricts it to these, when there are any."""

    name: str
    name_format: str | None = None
    friendly_name: str | None = None
    required: bool = False
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeConsumingService:
    """Metadata section 2.4.4.1."""

    index: int
    is_default: bool | None = None
    attributes: tuple[RequestedAttribute, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProvider:
    """An EntityDescriptor with one SPSSODescriptor, as it was last verified.

    `display_names` and `information_urls` go by language, mdui's before the
    organization's; `valid_until` is the earliest that is said on the way to it.
    """

    entity_id: str
    assertion_consumer_services: tuple[Endpoint, ...]
    valid_until: datetime | None = None
    cache_duration: timedelta | None = None
    single_logout_services: tuple[Endpoint, ...] = ()
    artifact_resolution_services: tuple[Endpoint, ...] = ()
    signing_certificates: tuple[str, ...] = ()
    encryption_keys: tuple[EncryptionKey, ...] = ()
    name_id_formats: tuple[str, ...] = ()
    authn_requests_signed: bool = False
    want_assertions_signed: bool = False
    attribute_consuming_services: tuple[AttributeConsumingService, ...] = ()
    entity_categories: tuple[str, ...] = ()
    subject_identifier_requirement: SubjectIdentifierRequirement = SubjectIdentifierRequirement.NONE
    display_names: tuple[tuple[str, str], ...] = ()
    information_urls: tuple[tuple[str, str], ...] = ()

    def assertion_consumer_service(
        self, *, index: int | None = None, location: str | None = None, binding: Binding | None = None
    ) -> Endpoint | None:
        """Where a Response may go: the endpoint a request names, or the default one (Core, section 3.4.1).

        Addresses are compared exactly but for capitals in the host, and the one given back is as the request writes it.

        None when there is no such endpoint: the request must not be answered there.
        """
        bindings = ANSWERED_BY if binding is None else (binding,)
        candidates = [
            each if location is None else replace(each, location=location)
            for each in self.assertion_consumer_services
            if each.binding in bindings
            and index in (None, each.index)
            and (location is None or is_same_address(location, each.location))
        ]
        return _default(candidates)

    def attribute_consuming_service(self, index: int | None = None) -> AttributeConsumingService | None:
        """The one a request names, or the default one (Core, section 3.4.1)."""
        return _default([each for each in self.attribute_consuming_services if index in (None, each.index)])

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return (
            *self.assertion_consumer_services,
            *self.single_logout_services,
            *self.artifact_resolution_services,
        )


Indexed = TypeVar("Indexed", Endpoint, AttributeConsumingService)


def _default(candidates: list[Indexed]) -> Indexed | None:
    """Metadata section 2.2.3: the first that says it is, else the first that does not say no, else the first."""
    for wanted in (True, None):
        for candidate in candidates:
            if candidate.is_default is wanted:
                return candidate
    return candidates[0] if candidates else None
