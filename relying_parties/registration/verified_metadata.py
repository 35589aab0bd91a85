"""Metadata that were fetched and verified, and who does that: the registry asks, and imports nobody who knows how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relying_parties.registration.saml_sp import MetadataOrigin
from relying_parties.sp_metadata.service_provider import ServiceProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedMetadata:
    """A document about one service provider, signed as its origin was declared to sign. `valid_until` bounds it."""

    xml: bytes
    service_provider: ServiceProvider
    valid_until: datetime | None


class MetadataFetcher(Protocol):
    """Whoever can fetch and verify; the identity provider lends one to the registration office."""

    def fetch(self, origin: MetadataOrigin, entity_id: str | None = None) -> VerifiedMetadata:
        """What is at `origin` now: of the service provider `entity_id`, when it is said.

        Raises:
            RegistrationProblems: everything that is wrong with it.
        """
        ...
