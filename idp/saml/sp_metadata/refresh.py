"""Refreshes the metadata of service providers before they expire. One node at a time refreshes a source or application.

Good metadata replace those in force. Other metadata are refused, logged and shown to
operators, and fetched again after longer and longer pauses. The metadata in force stay
until they expire; nothing here extends them beyond what a signature says.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from config.http_client import HttpClient
from idp.saml.sp_metadata.aggregate_refresh import AggregateRefresh
from idp.saml.sp_metadata.application_refresh import ApplicationRefresh
from idp.saml.sp_metadata.fetching import Fetcher
from idp.saml.sp_metadata.lookup import MetadataLookup
from idp.saml.sp_metadata.refresh_result import RefreshResult
from idp.saml.sp_metadata.validity import Validity
from idp.settings import Settings
from relying_parties.problems import shown
from relying_parties.registration.saml_sp import MetadataKind
from relying_parties.registry.metadata_models import SourceKind
from relying_parties.registry.metadata_sources import MetadataSources, NoSuchSource
from relying_parties.registry.refresh_state import RefreshState, RefreshStates
from relying_parties.registry.registry import Registry

AGGREGATE_TIMEOUT = timedelta(minutes=5)
CLAIM_DURATION = timedelta(minutes=20)  # longer than any refresh takes


class MetadataRefresh:
    """Finds the sources and applications to refresh, and refreshes them."""

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
        """`fetcher` fetches aggregates, which take longer. `folder` and `ceiling` are those of `AggregateRefresh`."""
        self._sources = sources
        self._followers = followers
        self._applications = ApplicationRefresh(followers=followers, lookup=lookup, registry=registry)
        self._aggregates = AggregateRefresh(
            sources=sources,
            followers=followers,
            registry=registry,
            fetcher=fetcher,
            folder=folder,
            ceiling=ceiling,
        )

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
        """A function that refreshes each source or application that is due and that no other node has claimed."""
        for source in self._sources.list():
            is_due = source.kind is SourceKind.AGGREGATE and source.next_at <= now
            if is_due and self._sources.claim(source, until=now + CLAIM_DURATION):
                yield partial(self._aggregates.refresh, source)
        for follower in self._followers.due(now):
            if _is_due(follower, now) and self._followers.claim(follower, until=now + CLAIM_DURATION):
                yield partial(self._applications.refresh, follower)

    def named(self, name: str, *, accept_older: bool = False) -> Sequence[RefreshResult]:
        """Refresh the source or application `name` now.

        For a metadata query service this refreshes every application that uses it.

        Raises:
            NoSuchSource: there is no such source, and no application of that name whose metadata are fetched.
        """
        now = datetime.now(UTC)
        try:
            source = self._sources.named(name)
        except NoSuchSource:
            follower = self._followers.named(name)
            if follower is None or follower.metadata.kind is MetadataKind.FILE:
                raise NoSuchSource(
                    f"{shown(name)} is neither a source nor an application whose metadata are fetched"
                ) from None
            return [self._refresh_follower(follower, now, accept_older=accept_older)]
        if source.kind is SourceKind.AGGREGATE:
            self._sources.claim(source, until=now + CLAIM_DURATION)
            return [self._aggregates.refresh(source, accept_older=accept_older)]
        return [
            self._refresh_follower(each, now, accept_older=accept_older) for each in self._followers.of_source(name)
        ]

    def _refresh_follower(self, follower: RefreshState, now: datetime, *, accept_older: bool) -> RefreshResult:
        if follower.metadata.kind is MetadataKind.SOURCE:
            source = self._sources.named(follower.metadata.where)
            if source.kind is SourceKind.AGGREGATE:
                return self._aggregates.refresh(source, accept_older=accept_older)
        self._followers.claim(follower, until=now + CLAIM_DURATION)
        return self._applications.refresh(follower, accept_older=accept_older)


def _is_due(follower: RefreshState, now: datetime) -> bool:
    """A new registration counts as fetched when it was registered."""
    if follower.next_at is not None or follower.valid_until is None:
        return True
    return Validity(valid_until=follower.valid_until).next_refresh(follower.fetched_at) <= now
