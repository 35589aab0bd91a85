"""The refresh state of each SAML application's metadata: when it is due, and how the last fetch went.

Only the registry changes what the metadata says (`Registry.amend_metadata`). This module changes only how long the same
metadata is valid, and writes no audit entry for that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from config.sql.declarative import UtcDateTime
from config.sql.versioned_cache import bump
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin
from relying_parties.registry.aggregate_entities import in_batches
from relying_parties.registry.audit_kinds import RegistryAuditKind
from relying_parties.registry.lookup import REVISION
from relying_parties.registry.metadata_models import ApplicationMetadata, MetadataEntity, MetadataSource, SourceKind
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow

_ORIGIN = SamlServiceProviderRow.terms["metadata"]
_KIND, _WHERE = _ORIGIN["kind"].as_string(), _ORIGIN["where"].as_string()
_STATE = ("refreshed_at", "next_at", "failures", "last_error", "etag", "last_modified", "digest")
_NEW = {"refreshed_at": None, "failures": 0, "last_error": "", "etag": "", "last_modified": "", "digest": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshState:
    """A SAML application, the origin of its metadata, and the state of its refresh.

    `certificates` are those in the metadata. `fetched_at` is when the metadata was last replaced, also by an
    operator. `next_at` is None until the first refresh.
    """

    identifier: str
    name: str
    entity_id: str
    metadata: MetadataOrigin
    certificates: tuple[str, ...]
    valid_until: datetime | None
    fetched_at: datetime
    refreshed_at: datetime | None = None
    next_at: datetime | None = None
    failures: int = 0
    last_error: str = ""
    etag: str = ""
    last_modified: str = ""


class RefreshStates:
    """The refresh states of all SAML applications."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def list(self, *, after: str = "", limit: int = 100) -> Sequence[RefreshState]:
        """The states of the applications that follow the name `after`, in the order of names."""
        return self._found(_REFRESH_STATE.where(RelyingParty.name > after).order_by(RelyingParty.name).limit(limit))

    def named(self, name: str) -> RefreshState | None:
        """The state of the application whose name, identifier or entity id is `name`."""
        named = or_(
            RelyingParty.name == name, RelyingParty.identifier == name, SamlServiceProviderRow.entity_id == name
        )
        return next(iter(self._found(_REFRESH_STATE.where(named).limit(1))), None)

    def of_source(self, source: str) -> Sequence[RefreshState]:
        return self._found(
            _REFRESH_STATE.where(str(MetadataKind.SOURCE) == _KIND, source == _WHERE).order_by(RelyingParty.name)
        )

    def due(self, now: datetime, *, limit: int = 200) -> Sequence[RefreshState]:
        """The applications to refresh now that have metadata of their own, at a URL or from a query service."""
        query_services = select(MetadataSource.name).where(MetadataSource.kind == SourceKind.MDQ)
        statement = _REFRESH_STATE.where(
            or_(str(MetadataKind.URL) == _KIND, and_(str(MetadataKind.SOURCE) == _KIND, _WHERE.in_(query_services))),
            or_(ApplicationMetadata.next_at.is_(None), ApplicationMetadata.next_at <= now),
        )
        return self._found(statement.order_by(ApplicationMetadata.next_at, RelyingParty.name).limit(limit))

    def claim(self, state: RefreshState, *, until: datetime) -> bool:
        """Claim the refresh of an application until `until`; True for one node only."""
        claiming: Any
        if state.next_at is None:
            values = _NEW | {"identifier": state.identifier, "next_at": until}
            claiming = self._insertion().values(values).on_conflict_do_nothing()
        else:
            claiming = (
                update(ApplicationMetadata)
                .where(
                    ApplicationMetadata.identifier == state.identifier,
                    ApplicationMetadata.next_at == state.next_at,
                )
                .values(next_at=until)
            )
        with self._database.transaction() as session:
            return session.execute(claiming.returning(ApplicationMetadata.identifier)).first() is not None

    def record_state(self, identifier: str, **values: Any) -> None:
        """Write the refresh state of an application."""
        with self._database.transaction() as session:
            session.execute(
                update(ApplicationMetadata).where(ApplicationMetadata.identifier == identifier).values(**values)
            )

    # --- the applications of an aggregate ------------------------------------------------

    def changed(self, source: str, *, limit: int = 500) -> Sequence[tuple[str, str]]:
        """The identifier and entity id of the applications whose entity has changed since they last took it."""
        statement = (
            _of_source(source, RelyingParty.identifier, SamlServiceProviderRow.entity_id)
            .outerjoin(ApplicationMetadata, ApplicationMetadata.identifier == RelyingParty.identifier)
            .where(or_(ApplicationMetadata.digest.is_(None), ApplicationMetadata.digest != MetadataEntity.digest))
            .order_by(RelyingParty.identifier)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [(row.identifier, row.entity_id) for row in connection.execute(statement)]

    def record_unchanged(self, source: str, now: datetime) -> None:
        """Record that newly registered applications have the aggregate's present metadata: one statement for all."""
        state = {"digest": MetadataEntity.digest, "refreshed_at": literal(now, UtcDateTime())}
        state |= {"next_at": literal(_NEVER, UtcDateTime()), "failures": literal(0)}
        state |= {name: literal("") for name in ("last_error", "etag", "last_modified")}
        unchanged = (
            _of_source(source, RelyingParty.identifier, *state.values())
            .outerjoin(ApplicationMetadata, ApplicationMetadata.identifier == RelyingParty.identifier)
            .where(ApplicationMetadata.identifier.is_(None), SamlServiceProviderRow.metadata_xml == MetadataEntity.xml)
        )
        with self._database.transaction() as session:
            session.execute(insert(ApplicationMetadata).from_select(["identifier", *state], unchanged))

    def record_entity(self, identifier: str, digest: str, *, now: datetime, error: str = "") -> None:
        """Record the entity that the application last took from its aggregate, or refused with `error`."""
        values = {"digest": digest, "refreshed_at": now, "last_error": error, "failures": 1 if error else 0}
        insertion = self._insertion().values(_NEW | values | {"identifier": identifier, "next_at": _NEVER})
        with self._database.transaction() as session:
            session.execute(
                insertion.on_conflict_do_update(index_elements=[ApplicationMetadata.identifier], set_=values)
            )

    def update_validity(self, source: str, ends: dict[str, datetime | None], until: datetime) -> int:
        """Give the applications of an aggregate the validity of its last document; return how many changed.

        `until` is the end of the aggregate, `ends` maps an entity id to the entity's own end.
        """
        statement = (
            _of_source(
                source,
                SamlServiceProviderRow.relying_party_id,
                SamlServiceProviderRow.entity_id,
                SamlServiceProviderRow.metadata_valid_until,
            )
            .join(ApplicationMetadata, ApplicationMetadata.identifier == RelyingParty.identifier)
            .where(ApplicationMetadata.digest == MetadataEntity.digest, ApplicationMetadata.last_error == "")
        )
        with self._database.reading() as connection:
            rows = connection.execute(statement).all()
        moved: dict[datetime, list[str]] = {}
        for relying_party_id, entity_id, valid_until in rows:
            own = ends.get(entity_id)
            end = until if own is None else min(own, until)
            if valid_until != end:
                moved.setdefault(end, []).append(relying_party_id)
        for end, party_ids in moved.items():
            for batch in in_batches(party_ids):
                self._set_end(batch, end)
        return sum(map(len, moved.values()))

    def withdraw(self, source: str, now: datetime) -> Sequence[str]:
        """End the metadata of the applications that the aggregate no longer has; return their names."""
        statement = (
            select(RelyingParty.identifier, RelyingParty.name, SamlServiceProviderRow.relying_party_id)
            .join_from(RelyingParty, SamlServiceProviderRow)
            .outerjoin(
                MetadataEntity,
                and_(MetadataEntity.source == source, MetadataEntity.entity_id == SamlServiceProviderRow.entity_id),
            )
            .where(
                str(MetadataKind.SOURCE) == _KIND,
                source == _WHERE,
                MetadataEntity.entity_id.is_(None),
                or_(
                    SamlServiceProviderRow.metadata_valid_until.is_(None),
                    SamlServiceProviderRow.metadata_valid_until > now,
                ),
            )
        )
        with self._database.reading() as connection:
            gone = connection.execute(statement).all()
        for batch in in_batches(gone):
            with self._database.transaction() as session:
                for identifier, name, _ in batch:
                    detail = {"name": name, "source": source}
                    self._audit.record(
                        session,
                        AuditEntry(
                            kind=RegistryAuditKind.METADATA_WITHDRAWN,
                            application=identifier,
                            actor=Actor.service("metadata"),
                            detail=detail,
                        ),
                    )
            self._set_end([row.relying_party_id for row in batch], now)
        return [row.name for row in gone]

    def _set_end(self, relying_party_ids: Iterable[str], end: datetime) -> None:
        ids = list(relying_party_ids)
        with self._database.transaction() as session:
            session.execute(
                update(SamlServiceProviderRow)
                .where(SamlServiceProviderRow.relying_party_id.in_(ids))
                .values(metadata_valid_until=end)
                .execution_options(synchronize_session=False)
            )
            bump(
                session,
                REVISION,
                *session.scalars(select(RelyingParty.identifier).where(RelyingParty.id.in_(ids))),
            )

    def metadata_of(self, identifier: str) -> str:
        """The metadata document of an application as last verified; empty when it has none."""
        statement = (
            select(SamlServiceProviderRow.metadata_xml)
            .join_from(SamlServiceProviderRow, RelyingParty)
            .where(RelyingParty.identifier == identifier)
        )
        with self._database.reading() as connection:
            return str(connection.execute(statement).scalar() or "")

    def _insertion(self) -> Any:
        return (sqlite if self._database.is_sqlite else postgresql).insert(ApplicationMetadata)

    def _found(self, statement: Select[Any]) -> Sequence[RefreshState]:
        with self._database.reading() as connection:
            return [_refresh_state(row) for row in connection.execute(statement)]


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # the application is refreshed with its aggregate, never alone

_REFRESH_STATE: Select[Any] = (
    select(
        RelyingParty.identifier,
        RelyingParty.name,
        SamlServiceProviderRow.entity_id,
        SamlServiceProviderRow.terms,
        SamlServiceProviderRow.descriptor,
        SamlServiceProviderRow.metadata_valid_until,
        SamlServiceProviderRow.metadata_fetched_at,
        *(getattr(ApplicationMetadata, name) for name in _STATE),
    )
    .join_from(RelyingParty, SamlServiceProviderRow)
    .outerjoin(ApplicationMetadata, ApplicationMetadata.identifier == RelyingParty.identifier)
)


def _of_source(source: str, *columns: Any) -> Select[Any]:
    """Select `columns` for the applications of a source that its aggregate has."""
    return (
        select(*columns)
        .join_from(RelyingParty, SamlServiceProviderRow)
        .join(
            MetadataEntity,
            and_(MetadataEntity.source == source, MetadataEntity.entity_id == SamlServiceProviderRow.entity_id),
        )
        .where(str(MetadataKind.SOURCE) == _KIND, source == _WHERE)
    )


def _refresh_state(row: Any) -> RefreshState:
    origin = row.terms["metadata"]
    state = {name: getattr(row, name) for name in _STATE if name != "digest"} if row.next_at is not None else {}
    keys = row.descriptor.get("encryption_keys", ())
    certificates = [*row.descriptor.get("signing_certificates", ()), *(key["certificate"] for key in keys)]
    return RefreshState(
        identifier=row.identifier,
        name=row.name,
        entity_id=row.entity_id,
        metadata=MetadataOrigin(
            kind=MetadataKind(origin["kind"]), where=origin["where"], certificate=origin.get("certificate", "")
        ),
        certificates=tuple(dict.fromkeys(certificates)),
        valid_until=row.metadata_valid_until,
        fetched_at=row.metadata_fetched_at,
        **state,
    )
