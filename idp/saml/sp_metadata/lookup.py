"""Looks up the metadata of one service provider where its registration says, verifies and reads them.

They come from an address, from a metadata query service, or from an aggregate that the jobs process has verified.
Registration and refresh both use this module, so they accept the same metadata.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import quote

from lxml import etree

from config.http_client import HttpClient
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.fetching import Fetcher, HttpValidators
from idp.saml.sp_metadata.validity import Validity
from idp.saml.sp_metadata.verification import LARGEST_ENTITY, certificates_in, single_entity, verify
from idp.settings import Settings
from relying_parties.problems import Problem, RegistrationProblems, shown
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin
from relying_parties.registration.verified_metadata import VerifiedMetadata
from relying_parties.registry.metadata_models import SourceKind
from relying_parties.registry.metadata_sources import MetadataSources, NoSuchSource, Source
from relying_parties.sp_metadata.parser import read_service_provider
from relying_parties.sp_metadata.service_provider import ServiceProvider

ENTITY_TIMEOUT = timedelta(seconds=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMetadata:
    """The fetched metadata of one service provider. `validators` serve for the next conditional request."""

    xml: bytes
    service_provider: ServiceProvider
    validity: Validity
    validators: HttpValidators


class MetadataLookup:
    """Looks up the metadata of single service providers."""

    def __init__(self, sources: MetadataSources, fetcher: Fetcher, *, ceiling: timedelta) -> None:
        """`ceiling` limits how far validUntil may be in the future."""
        self._sources = sources
        self._fetcher = fetcher
        self._ceiling = ceiling

    @classmethod
    def of(cls, settings: Settings, sources: MetadataSources) -> "MetadataLookup":
        http_client = HttpClient(within=ENTITY_TIMEOUT, loopback=settings.is_development)
        fetcher = Fetcher(http_client=http_client, loopback_http=settings.is_development)
        return cls(sources, fetcher, ceiling=settings.saml_metadata_ceiling)

    def fetch(self, origin: MetadataOrigin, entity_id: str | None = None) -> VerifiedMetadata:
        """The metadata now, for a registration.

        Raises:
            RegistrationProblems: every problem of the metadata.
        """
        try:
            if origin.kind is MetadataKind.SOURCE:
                source = self._sources.named(origin.where)
                if source.kind is SourceKind.AGGREGATE:
                    return self._of_aggregate(source, entity_id or "")
            fetched = self.fetch_entity(origin, entity_id)
        except NoSuchSource as unknown:
            change = f"{unknown}: idp metadata source add"
            raise _problem("saml.metadata_source", origin.where, change) from None
        except MetadataRefused as refused:
            field = "saml.metadata_url" if origin.kind is MetadataKind.URL else "saml.metadata_source"
            raise _problem(field, refused.received or origin.where, refused.change) from None
        if fetched is None:
            raise _problem("saml.metadata_url", origin.where, "the server answers 304 to an unconditional request")
        return VerifiedMetadata(
            xml=fetched.xml,
            service_provider=fetched.service_provider,
            valid_until=fetched.service_provider.valid_until,
        )

    def fetch_entity(
        self, origin: MetadataOrigin, entity_id: str | None, *, validators: HttpValidators | None = None
    ) -> FetchedMetadata | None:
        """Fetch, verify and read the metadata of one service provider.

        Returns None if they have not changed since they had `validators`.

        Raises:
            MetadataRefused: the metadata cannot be fetched or verified.
            RegistrationProblems: the verified metadata cannot be used.
            NoSuchSource: the registration names a source that does not exist.
        """
        if origin.kind is MetadataKind.SOURCE:
            source = self._sources.named(origin.where)
            address, pem = address_of(source, entity_id or ""), source.certificate
        else:
            address, pem = origin.where, origin.certificate
        certificates = certificates_in(pem)
        output = BytesIO()
        new_validators = self._fetcher.fetch(address, output, at_most=LARGEST_ENTITY, validators=validators)
        if new_validators is None:
            return None
        octets = output.getvalue()
        verified = verify(octets, certificates=certificates, now=datetime.now(UTC), ceiling=self._ceiling)
        entity = single_entity(verified.root, entity_id)
        if entity is not verified.root:
            octets = etree.tostring(entity, encoding="utf-8", with_tail=False)
        service_provider = read_service_provider(octets, entity_id=entity_id, loopback_http=self._fetcher.loopback_http)
        ends = min(filter(None, (verified.validity.valid_until, service_provider.valid_until)))
        return FetchedMetadata(
            xml=octets,
            service_provider=replace(service_provider, valid_until=ends),
            validity=replace(verified.validity, valid_until=ends),
            validators=new_validators,
        )

    def _of_aggregate(self, source: Source, entity_id: str) -> VerifiedMetadata:
        if source.valid_until is None:
            change = f"{source.name} has not been fetched yet: idp metadata refresh {source.name}"
            raise _problem("saml.metadata_source", source.name, change)
        kept = self._sources.entities.find(source.name, entity_id)
        if kept is None:
            change = f"{source.name} has no service provider with this entityID"
            raise _problem("saml.entity_id", entity_id, change)
        if kept.valid_until is None or kept.valid_until <= datetime.now(UTC):
            change = f"its metadata in {source.name} have expired: idp metadata refresh {source.name}"
            raise _problem("saml.entity_id", entity_id, change)
        xml = kept.xml.encode()
        read = read_service_provider(xml, entity_id=entity_id, loopback_http=self._fetcher.loopback_http)
        return VerifiedMetadata(
            xml=xml, service_provider=replace(read, valid_until=kept.valid_until), valid_until=kept.valid_until
        )


def address_of(source: Source, entity_id: str) -> str:
    """The address of one entity at a source: SAML profile of the Metadata Query Protocol, section 2.

    Raises:
        MetadataRefused: the source is not a query service, or `entity_id` is empty.
    """
    if source.kind is not SourceKind.MDQ or not entity_id:
        raise MetadataRefused(MetadataFault.NO_SUCH_ENTITY, "a metadata query service needs an entity_id")
    return f"{source.url.rstrip('/')}/entities/{quote(entity_id, safe='')}"


def _problem(field: str, received: object, change: str) -> RegistrationProblems:
    return RegistrationProblems([Problem(field=field, received=shown(received), change=change)])
