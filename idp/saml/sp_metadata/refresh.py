"""Metadata fetched again in the background, before they end: by one node at a time, in bounded memory.

What is good replaces what was there; what is not is refused, told in the journal and
to operators, and asked for again later and later, while the last good one holds until
its own end. Nothing here makes anything hold longer than a signature says.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from config.actor import Actor
from config.http_client import HttpClient
from config.xml import XmlRefused, read_xml
from idp.saml.sp_metadata.aggregate import DOCUMENT, Aggregate, Entity, read_aggregate
from idp.saml.sp_metadata.faults import MetadataFault, MetadataRefused
from idp.saml.sp_metadata.fetching import Fetcher, HttpValidators
from idp.saml.sp_metadata.lookup import MetadataLookup
from idp.saml.sp_metadata.validity import LONGEST_INTERVAL, SHORTEST_INTERVAL, Validity, retry_at
from idp.saml.sp_metadata.verification import LARGEST_AGGREGATE, LARGEST_ENTITY, certificates_in, published_at
from idp.settings import Settings
from relying_parties.problems import NoSuchApplication, RegistrationProblems, shown
from relying_parties.registration.saml_sp import MetadataKind
from relying_parties.registry.metadata_models import SourceKind
from relying_parties.registry.metadata_sources import KeptEntity, MetadataSources, NoSuchSource, Source
from relying_parties.registry.refresh_state import Follower, RefreshStates
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.parser import read_service_provider

ACTOR = Actor.service("metadata")
AGGREGATE_TIMEOUT = timedelta(minutes=5)
CLAIM_DURATION = timedelta(minutes=20)  # longer than any refresh takes

journal = logging.getLogger("poterne.metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshResult:
    """What became of one source or application. `fault` is empty when all went well; `said` is for an operator."""

    name: str
    changed: tuple[str, ...] = ()
    entities: int = 0
    fault: str = ""
    message: str = ""


class MetadataRefresh:
    """Fetches again what is due."""

    def __init__(
        self,
        *,
        sources: MetadataSources,
        followers: RefreshStates,
        lookup: MetadataLookup,
        registry: Registry,
        fetcher: Fetcher,
        folder: Path,
        ceiling: timedelta,
    ) -> None:
        """`folder` is where an aggregate waits while it is verified; `fetcher` has the time that one takes."""
        self._sources = sources
        self._followers = followers
        self._lookup = lookup
        self._registry = registry
        self._fetcher = fetcher
        self._folder = folder
        self._ceiling = ceiling

    @classmethod
    def of(
        cls, settings: Settings, *, sources: MetadataSources, followers: RefreshStates, registry: Registry
    ) -> "MetadataRefresh":
        http_client = HttpClient(within=AGGREGATE_TIMEOUT, loopback=settings.is_development)
        return cls(
            sources=sources,
            followers=followers,
            lookup=MetadataLookup.of(settings, sources),
            registry=registry,
            fetcher=Fetcher(http_client=http_client, loopback_http=settings.is_development),
            folder=settings.data_folder,
            ceiling=settings.saml_metadata_ceiling,
        )

    def due(self, now: datetime) -> Iterator[Callable[[], RefreshResult]]:
        """To refresh each that it is time to, and that no other node has begun to."""
        for source in self._sources.list():
            is_due = source.kind is SourceKind.AGGREGATE and source.next_at <= now
            if is_due and self._sources.claim(source, until=now + CLAIM_DURATION):
                yield partial(self.refresh_source, source)
        for follower in self._followers.due(now):
            if _is_due(follower, now) and self._followers.claim(follower, until=now + CLAIM_DURATION):
                yield partial(self.refresh_application, follower)

    def named(self, name: str, *, accept_older: bool = False) -> Sequence[RefreshResult]:
        """Refresh the source or the application of that name now: one, or all that a query service answers about.

        Raises:
            NoSuchSource: it is neither, or its metadata are not fetched.
        """
        now = datetime.now(UTC)
        try:
            source = self._sources.named(name)
        except NoSuchSource:
            follower = self._followers.named(name)
            if follower is None or follower.metadata.kind is MetadataKind.FILE:
                raise NoSuchSource(
                    f"{shown(name)} is no source, and no application whose metadata are fetched"
                ) from None
            return [self._refresh_follower(follower, now, accept_older=accept_older)]
        if source.kind is SourceKind.AGGREGATE:
            self._sources.claim(source, until=now + CLAIM_DURATION)
            return [self.refresh_source(source, accept_older=accept_older)]
        return [self._refresh_follower(each, now, accept_older=accept_older) for each in self._followers.of_source(name)]

    def _refresh_follower(self, follower: Follower, now: datetime, *, accept_older: bool) -> RefreshResult:
        if follower.metadata.kind is MetadataKind.SOURCE:
            source = self._sources.named(follower.metadata.where)
            if source.kind is SourceKind.AGGREGATE:
                return self.refresh_source(source, accept_older=accept_older)
        self._followers.claim(follower, until=now + CLAIM_DURATION)
        return self.refresh_application(follower, accept_older=accept_older)

    # --- one service provider --------------------------------------------------------

    def refresh_application(self, follower: Follower, *, accept_older: bool = False) -> RefreshResult:
        """Fetch the metadata of an application that has an address or an answer of its own."""
        now = datetime.now(UTC)
        is_same_registration = follower.refreshed_at is not None and follower.fetched_at <= follower.refreshed_at
        validators = (
            HttpValidators(etag=follower.etag, last_modified=follower.last_modified)
            if is_same_registration
            else HttpValidators()
        )
        try:
            fetched = self._lookup.fetch_entity(follower.metadata, follower.entity_id, validators=validators)
            if fetched is None:
                self._followers.record_state(
                    follower.identifier,
                    failures=0,
                    last_error="",
                    refreshed_at=now,
                    next_at=_same_interval(follower.refreshed_at, follower.next_at, follower.valid_until, now),
                )
                return RefreshResult(name=follower.name)
            if not accept_older:
                self._refuse_older(fetched.validity, self._kept_validity(follower))
            _, changed = self._registry.amend_metadata(
                follower.identifier, fetched.service_provider, fetched.xml, actor=ACTOR
            )
        except (MetadataRefused, RegistrationProblems, NoSuchSource) as refused:
            failures = follower.failures + 1
            fault = _fault_of(refused)
            self._followers.record_state(
                follower.identifier, failures=failures, last_error=fault, next_at=retry_at(now, failures)
            )
            return _refused(follower.name, fault, refused)
        self._followers.record_state(
            follower.identifier,
            failures=0,
            last_error="",
            refreshed_at=datetime.now(UTC),
            next_at=fetched.validity.next_refresh(now),
            etag=fetched.validators.etag,
            last_modified=fetched.validators.last_modified,
        )
        return RefreshResult(name=follower.name, changed=(follower.name,) if changed else ())

    def _kept_validity(self, follower: Follower) -> Validity | None:
        if follower.valid_until is None:
            return None
        try:
            kept = read_xml(self._followers.metadata_of(follower.identifier).encode(), at_most=LARGEST_ENTITY)
        except XmlRefused:
            return Validity(valid_until=follower.valid_until)
        return Validity(valid_until=follower.valid_until, published_at=published_at(kept))

    # --- an aggregate ------------------------------------------------------------------

    def refresh_source(self, source: Source, *, accept_older: bool = False) -> RefreshResult:
        """Fetch an aggregate, keep what is new in it, and give its applications what is theirs."""
        now = datetime.now(UTC)
        try:
            entities, unusable = self._refresh_aggregate(source, now, accept_older=accept_older)
        except (MetadataRefused, RegistrationProblems) as refused:
            failures = source.failures + 1
            fault = _fault_of(refused)
            self._sources.record_state(
                source.name, failures=failures, last_error=fault, next_at=retry_at(now, failures)
            )
            return _refused(source.name, fault, refused)
        changed = self._update_applications(source.name)
        return RefreshResult(
            name=source.name, changed=tuple(changed), entities=entities, message=f"{unusable} left out" if unusable else ""
        )

    def _refresh_aggregate(self, source: Source, now: datetime, *, accept_older: bool) -> tuple[int, int]:
        """How many entities it has, and how many of them cannot be used."""
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
                next_at = _same_interval(source.refreshed_at, source.next_at, source.valid_until, now)
                self._sources.record_state(source.name, failures=0, last_error="", refreshed_at=now, next_at=next_at)
                return source.entities, 0
            aggregate = read_aggregate(folder, certificates=certificates, now=now, ceiling=self._ceiling)
            if source.valid_until is not None and not accept_older:
                kept = Validity(valid_until=source.valid_until, published_at=source.published_at)
                self._refuse_older(aggregate.validity, kept)
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
            journal.info("an aggregate is verified", extra=extra)
            if aggregate.unusable:
                extra = {"source": source.name, "entities": sorted(aggregate.unusable)[:20]}
                journal.warning("an aggregate has entities that cannot be used", extra=extra)
            return len(aggregate), len(aggregate.unusable)

    def _store_entities(self, source: Source, aggregate: Aggregate) -> None:
        """New first, gone last: in between an entity holds no longer than it did before."""
        kept, now_there = self._sources.digests(source.name), aggregate.digests()
        fresh = aggregate.entities(wanted=lambda entity_id: kept.get(entity_id) != now_there[entity_id])
        self._sources.keep(source.name, map(_kept, fresh))
        if source.valid_until is not None:
            self._sources.hold_to(source.name, kept.keys() & aggregate.unusable.keys(), source.valid_until)
        self._sources.forget(source.name, sorted(kept.keys() - now_there.keys() - aggregate.unusable.keys()))

    def _update_applications(self, source: str) -> list[str]:
        """Bring the applications of an aggregate to what is kept of it; the names of those that it changes."""
        changed_names: list[str] = []
        self._followers.adopt(source, datetime.now(UTC))
        while some := self._followers.changed(source):
            for identifier, entity_id in some:
                changed_names += self._update_application(source, identifier, entity_id)
        now = datetime.now(UTC)
        until = self._sources.named(source).valid_until
        if until is not None:
            ends = {entity_id: own for entity_id, (_, own) in self._sources.digests(source).items()}
            self._followers.postpone(source, ends, until)
        for name in self._followers.withdraw(source, now):
            journal.warning("an aggregate no longer has an application", extra={"source": source, "application": name})
        return changed_names

    def _update_application(self, source: str, identifier: str, entity_id: str) -> list[str]:
        now = datetime.now(UTC)
        entity = self._sources.entity(source, entity_id)
        if entity is None:
            return []
        try:
            xml = entity.xml.encode()
            read = read_service_provider(xml, entity_id=entity_id, loopback_http=self._fetcher.loopback_http)
            application, changed = self._registry.amend_metadata(
                identifier, replace(read, valid_until=entity.valid_until), xml, actor=ACTOR
            )
        except RegistrationProblems as refused:
            self._followers.save_success(identifier, entity.digest, now=now, error=MetadataFault.CONTENT)
            _refused(entity_id, MetadataFault.CONTENT, refused)
            return []
        except NoSuchApplication:  # taken away meanwhile
            return []
        self._followers.save_success(identifier, entity.digest, now=now)
        return [application.name] if changed else []

    def _refuse_older(self, validity: Validity, kept: Validity | None) -> None:
        """A document that was good once can be replayed as long as it holds: it must not undo the one after it."""
        if kept is not None and validity.is_older_than(kept):
            raise MetadataRefused(
                MetadataFault.OLDER,
                "it is older than what is in force; if that is meant: idp metadata refresh NAME --accept-older",
            )


def _kept(entity: Entity) -> KeptEntity:
    return KeptEntity(entity_id=entity.entity_id, xml=entity.xml, digest=entity.digest, valid_until=entity.valid_until)


def _is_due(follower: Follower, now: datetime) -> bool:
    """One that was never fetched since it was registered waits as it would have, had it been fetched then."""
    if follower.next_at is not None or follower.valid_until is None:
        return True
    return Validity(valid_until=follower.valid_until).next_refresh(follower.fetched_at) <= now


def _same_interval(
    refreshed_at: datetime | None, next_at: datetime | None, valid_until: datetime | None, now: datetime
) -> datetime:
    """Nothing has changed, so it is asked again after as long as last time, or at the half of what is left."""
    wait = next_at - refreshed_at if refreshed_at is not None and next_at is not None else LONGEST_INTERVAL
    if valid_until is not None:
        wait = min(wait, (valid_until - now) / 2)
    return now + min(max(wait, SHORTEST_INTERVAL), LONGEST_INTERVAL)


def _fault_of(refused: MetadataRefused | RegistrationProblems | NoSuchSource) -> str:
    if isinstance(refused, MetadataRefused):
        return refused.fault
    return MetadataFault.NO_SUCH_ENTITY if isinstance(refused, NoSuchSource) else MetadataFault.CONTENT


def _refused(name: str, fault: str, why: Exception) -> RefreshResult:
    """The journal has the fault's word: what a stranger wrote is for the operator who asks."""
    journal.warning("metadata are refused; what was in force holds until its end", extra={"of": name, "fault": fault})
    return RefreshResult(name=name, fault=fault, message=str(why))
