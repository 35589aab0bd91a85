"""Refreshes the aggregate of a federation, and amends the applications that take their metadata from it."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from idp.saml.sp_metadata.aggregate import DOCUMENT, Aggregate, Entity, read_aggregate
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.fetching import Fetcher, HttpValidators
from idp.saml.sp_metadata.refresh_result import (
    ACTOR,
    RefreshResult,
    fault_of,
    refuse_older,
    refused_result,
    same_interval,
)
from idp.saml.sp_metadata.validity import Validity, retry_at
from idp.saml.sp_metadata.verification import LARGEST_AGGREGATE, certificates_in
from relying_parties.problems import NoSuchApplication, RegistrationProblems
from relying_parties.registry.aggregate_entities import StoredEntity
from relying_parties.registry.metadata_sources import MetadataSources, Source
from relying_parties.registry.refresh_state import RefreshStates
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.parser import read_service_provider

journal = logging.getLogger("poterne.metadata")


class AggregateRefresh:
    """Fetches an aggregate, stores its entities and updates its applications."""

    def __init__(
        self,
        *,
        sources: MetadataSources,
        followers: RefreshStates,
        registry: Registry,
        fetcher: Fetcher,
        folder: Path,
        ceiling: timedelta,
    ) -> None:
        """`folder` holds an aggregate while it is verified. `ceiling` limits how late validUntil may be."""
        self._sources = sources
        self._followers = followers
        self._registry = registry
        self._fetcher = fetcher
        self._folder = folder
        self._ceiling = ceiling

    def refresh(self, source: Source, *, accept_older: bool = False) -> RefreshResult:
        """Fetch the aggregate and record the result. A refusal keeps the metadata in force until they expire."""
        now = datetime.now(UTC)
        try:
            entities, unusable = self._fetch(source, now, accept_older=accept_older)
        except (MetadataRefused, RegistrationProblems) as refused:
            failures = source.failures + 1
            fault = fault_of(refused)
            self._sources.record_state(
                source.name, failures=failures, last_error=fault, next_at=retry_at(now, failures)
            )
            return refused_result(source.name, fault, refused)
        changed = self._update_applications(source.name)
        message = f"{unusable} entities cannot be used" if unusable else ""
        return RefreshResult(name=source.name, changed=tuple(changed), entities=entities, message=message)

    def _fetch(self, source: Source, now: datetime, *, accept_older: bool) -> tuple[int, int]:
        """Fetch, verify and store an aggregate; return how many of its entities can be used, and how many cannot."""
        certificates = certificates_in(source.certificate)
        with TemporaryDirectory(prefix="metadata-", dir=self._folder) as work:
            folder = Path(work)
            with (folder / DOCUMENT).open("wb") as document:
                validators = self._fetcher.fetch(
                    source.url,
                    document,
                    at_most=LARGEST_AGGREGATE,
                    validators=HttpValidators(etag=source.etag, last_modified=source.last_modified),
                )
            if validators is None:
                next_at = same_interval(source.refreshed_at, source.next_at, source.valid_until, now)
                self._sources.record_state(source.name, failures=0, last_error="", refreshed_at=now, next_at=next_at)
                return source.entities, 0
            aggregate = read_aggregate(folder, certificates=certificates, now=now, ceiling=self._ceiling)
            if source.valid_until is not None and not accept_older:
                kept = Validity(valid_until=source.valid_until, published_at=source.published_at)
                refuse_older(aggregate.validity, kept)
            self._store_entities(source, aggregate)
            validity = aggregate.validity
            self._sources.record_state(
                source.name,
                failures=0,
                last_error="",
                refreshed_at=now,
                next_at=validity.next_refresh(now),
                valid_until=validity.valid_until,
                published_at=validity.published_at,
                entities=len(aggregate),
                etag=validators.etag,
                last_modified=validators.last_modified,
            )
            extra = {"source": source.name, "entities": len(aggregate), "peak_kib": aggregate.peak}
            journal.info("an aggregate was verified", extra=extra)
            if aggregate.unusable:
                extra = {"source": source.name, "entities": sorted(aggregate.unusable)[:20]}
                journal.warning("an aggregate has entities that cannot be used", extra=extra)
            return len(aggregate), len(aggregate.unusable)

    def _store_entities(self, source: Source, aggregate: Aggregate) -> None:
        """Store new and changed entities first and delete removed ones last, so that none ever expires later."""
        stored = self._sources.entities
        kept, current = stored.digests(source.name), aggregate.digests()
        changed = aggregate.entities(wanted=lambda entity_id: kept.get(entity_id) != current[entity_id])
        stored.store(source.name, map(_kept, changed))
        if source.valid_until is not None:
            stored.limit_validity(source.name, kept.keys() & aggregate.unusable.keys(), source.valid_until)
        stored.delete(source.name, sorted(kept.keys() - current.keys() - aggregate.unusable.keys()))

    def _update_applications(self, source: str) -> list[str]:
        """Update the applications of an aggregate from its stored entities; return the names of the amended ones."""
        changed_names: list[str] = []
        self._followers.record_unchanged(source, datetime.now(UTC))
        while batch := self._followers.changed(source):
            for identifier, entity_id in batch:
                changed_names += self._update_application(source, identifier, entity_id)
        now = datetime.now(UTC)
        until = self._sources.named(source).valid_until
        if until is not None:
            ends = {entity_id: end for entity_id, (_, end) in self._sources.entities.digests(source).items()}
            self._followers.update_validity(source, ends, until)
        for name in self._followers.withdraw(source, now):
            journal.warning(
                "an application is no longer in its aggregate", extra={"source": source, "application": name}
            )
        return changed_names

    def _update_application(self, source: str, identifier: str, entity_id: str) -> list[str]:
        now = datetime.now(UTC)
        entity = self._sources.entities.find(source, entity_id)
        if entity is None:
            return []
        try:
            xml = entity.xml.encode()
            read = read_service_provider(xml, entity_id=entity_id, loopback_http=self._fetcher.loopback_http)
            application, changed = self._registry.amend_metadata(
                identifier, replace(read, valid_until=entity.valid_until), xml, actor=ACTOR
            )
        except RegistrationProblems as refused:
            self._followers.record_entity(identifier, entity.digest, now=now, error=MetadataFault.CONTENT)
            refused_result(entity_id, MetadataFault.CONTENT, refused)
            return []
        except NoSuchApplication:  # removed meanwhile
            return []
        self._followers.record_entity(identifier, entity.digest, now=now)
        return [application.name] if changed else []


def _kept(entity: Entity) -> StoredEntity:
    return StoredEntity(
        entity_id=entity.entity_id, xml=entity.xml, digest=entity.digest, valid_until=entity.valid_until
    )
