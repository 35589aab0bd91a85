"""A service provider as its metadata describes it: SAML V2.0 Metadata, section 2.4.

Only what has a meaning to an identity provider is kept. `parser.py` reads and
checks it; `relying_parties/registry/saml_json.py` stores it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from relying_parties.addresses import is_same_address

LONGEST_ENTITY_ID = 1024


def could_be_entity_id(text: str) -> bool:
    """Whether a service provider could have this entity id (Metadata, section 2.2.1), and a database store it."""
    if not 0 < len(text) <= LONGEST_ENTITY_ID or not text.isprintable() or " " in text:
        return False
    return len(text.encode()) <= LONGEST_ENTITY_ID  # an index entry of PostgreSQL has at most 2,704 octets


class Binding(StrEnum):
    """The bindings that we support: SAML V2.0 Bindings, section 3. Others (SAML 1.1, SimpleSign) are ignored."""

    REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
    POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
    ARTIFACT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"
    SOAP = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
    PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"


# The bindings that can carry a Response: SAML V2.0 Profiles, section 4.1.2 (it is too long for Redirect).
ANSWERED_BY = (Binding.POST, Binding.ARTIFACT)


class SubjectIdentifierRequirement(StrEnum):
    """SAML V2.0 Subject Identifier Attributes Profile Version 1.0, section 3.1.4 (metadata)."""

    NONE = "none"
    ANY = "any"
    SUBJECT_ID = "subject-id"
    PAIRWISE_ID = "pairwise-id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Metadata sections 2.2.2 and 2.2.3. `is_default` is None where the metadata does not say."""

    binding: Binding
    location: str
    response_location: str | None = None
    index: int | None = None
    is_default: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionMethod:
    """An encryption method that the service provider supports: XML Encryption 1.1 section 3.2.

    `algorithm`, `digest` and `mgf` are URIs; `key_size` is in bits.
    """

    algorithm: str
    digest: str | None = None
    mgf: str | None = None
    key_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptionKey:
    """A key to encrypt with. `certificate` is base64 of DER, without PEM lines; the preferred method comes first."""

    certificate: str
    methods: tuple[EncryptionMethod, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedAttribute:
    """Metadata section 2.4.4.2. When `values` is not empty, only these values are requested."""

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
    """An EntityDescriptor with one SPSSODescriptor, as last verified.

    `valid_until` is the earliest validUntil of the document's elements around it.
    `display_names` and `information_urls` are pairs of a language and a text.
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
        """The endpoint that a request names, or the default one (Core, section 3.4.1).

        Addresses are compared exactly, except for capitals in the host; the returned location is spelled as in the
        request. None means that there is no such endpoint, so the request must not be answered there.
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
        """The service that a request names, or the default one (Core, section 3.4.1)."""
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
    """Metadata section 2.2.3: the first with isDefault="true", else the first without isDefault, else the first."""
    for wanted in (True, None):
        for candidate in candidates:
            if candidate.is_default is wanted:
                return candidate
    return candidates[0] if candidates else None
