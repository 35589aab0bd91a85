"""Refreshes the metadata of one application, from its own address or from a metadata query service."""

from datetime import UTC, datetime

from config.xml import XmlRefused, read_xml
from idp.saml.sp_metadata.faults import MetadataRefused
from idp.saml.sp_metadata.fetching import HttpValidators
from idp.saml.sp_metadata.lookup import MetadataLookup
from idp.saml.sp_metadata.refresh_result import (
    ACTOR,
    RefreshResult,
    fault_of,
    refuse_older,
    refused_result,
    same_interval,
)
from idp.saml.sp_metadata.validity import Validity, retry_at
from idp.saml.sp_metadata.verification import LARGEST_ENTITY, published_at
from relying_parties.problems import RegistrationProblems
from relying_parties.registry.metadata_sources import NoSuchSource
from relying_parties.registry.refresh_state import RefreshState, RefreshStates
from relying_parties.registry.registry import Registry


class ApplicationRefresh:
    """Fetches the metadata of one application and amends its registration."""

    def __init__(self, *, followers: RefreshStates, lookup: MetadataLookup, registry: Registry) -> None:
        self._followers = followers
        self._lookup = lookup
        self._registry = registry

    def refresh(self, follower: RefreshState, *, accept_older: bool = False) -> RefreshResult:
        """Fetch the metadata and record the result. A refusal keeps the metadata in force until they expire."""
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
                    next_at=same_interval(follower.refreshed_at, follower.next_at, follower.valid_until, now),
                )
                return RefreshResult(name=follower.name)
            if not accept_older:
                refuse_older(fetched.validity, self._kept_validity(follower))
            _, changed = self._registry.amend_metadata(
                follower.identifier, fetched.service_provider, fetched.xml, actor=ACTOR
            )
        except (MetadataRefused, RegistrationProblems, NoSuchSource) as refused:
            failures = follower.failures + 1
            fault = fault_of(refused)
            self._followers.record_state(
                follower.identifier, failures=failures, last_error=fault, next_at=retry_at(now, failures)
            )
            return refused_result(follower.name, fault, refused)
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

    def _kept_validity(self, follower: RefreshState) -> Validity | None:
        """The validity of the metadata in force; None if they never expire."""
        if follower.valid_until is None:
            return None
        try:
            kept = read_xml(self._followers.metadata_of(follower.identifier).encode(), at_most=LARGEST_ENTITY)
        except XmlRefused:
            return Validity(valid_until=follower.valid_until)
        return Validity(valid_until=follower.valid_until, published_at=published_at(kept))
