"""Metadata that has been fetched and verified, and the interface of its fetcher, which the identity provider has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from relying_parties.registration.saml_sp import MetadataOrigin
from relying_parties.sp_metadata.service_provider import ServiceProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedMetadata:
    """A document about one service provider, verified as its origin requires; valid until `valid_until`, if any."""

    xml: bytes
    service_provider: ServiceProvider
    valid_until: datetime | None


class MetadataFetcher(Protocol):
    """Fetches and verifies metadata. The identity provider passes one to the registration service."""

    def fetch(self, origin: MetadataOrigin, entity_id: str | None = None) -> VerifiedMetadata:
        """The metadata at `origin` now; of the service provider `entity_id`, when it is given.

        Raises:
            RegistrationProblems: with every problem.
        """
        ...
