"""The applications whose metadata are fetched again: which are due, and what became of it.

What an application's metadata say is changed by the registry alone
(`Registry.amend_metadata`); here is what is no news to anybody: how long the same
metadata hold now, and how fetching them goes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, insert, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from config.actor import Actor
from config.audit.trail import Audit
from config.audit.trail import AuditEntry as AuditEntry
from config.sql.database import Database
from config.sql.declarative import UtcDateTime
from config.sql.versioned_cache import bump
from relying_parties.registration.saml_sp import MetadataKind, MetadataOrigin
from relying_parties.registry.audit_kinds import RegistryAuditKind
from relying_parties.registry.metadata_models import ApplicationMetadata, MetadataEntity, MetadataSource, SourceKind
from relying_parties.registry.metadata_sources import in_batches
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow
from relying_parties.registry.registry import REVISION

_ORIGIN = SamlServiceProviderRow.terms["metadata"]
_KIND, _WHERE = _ORIGIN["kind"].as_string(), _ORIGIN["where"].as_string()
_STATE = ("refreshed_at", "next_at", "failures", "last_error", "etag", "last_modified", "digest")
_NEW = {"refreshed_at": None, "failures": 0, "last_error": "", "etag": "", "last_modified": "", "digest": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """An application that speaks SAML, where its metadata come from, and how fetching them goes.

    `next_at` is None as long as they were not fetched since it was registered.
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
    """Every application that speaks SAML, as the one who refreshes metadata sees it."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    def list(self, *, after: str = "", limit: int = 100) -> Sequence[Follower]:
        """In the order of names, from the one that follows `after`."""
        return self._found(_FOLLOWER.where(RelyingParty.name > after).order_by(RelyingParty.name).limit(limit))

    def named(self, name: str) -> Follower | None:
        """By its name, its identifier or its entity id."""
        named = or_(
            RelyingParty.name == name, RelyingParty.identifier == name, SamlServiceProviderRow.entity_id == name
        )
        return next(iter(self._found(_FOLLOWER.where(named).limit(1))), None)

    def of_source(self, source: str) -> Sequence[Follower]:
        return self._found(
            _FOLLOWER.where(str(MetadataKind.SOURCE) == _KIND, source == _WHERE).order_by(RelyingParty.name)
        )

    def due(self, now: datetime, *, limit: int = 200) -> Sequence[Follower]:
        """Those with an address or an answer of their own that it is time to ask for."""
        answers = select(MetadataSource.name).where(MetadataSource.kind == SourceKind.MDQ)
        statement = _FOLLOWER.where(
            or_(str(MetadataKind.URL) == _KIND, and_(str(MetadataKind.SOURCE) == _KIND, _WHERE.in_(answers))),
            or_(ApplicationMetadata.next_at.is_(None), ApplicationMetadata.next_at <= now),
        )
        return self._found(statement.order_by(ApplicationMetadata.next_at, RelyingParty.name).limit(limit))

    def claim(self, follower: Follower, *, until: datetime) -> bool:
        """Whether it is ours to fetch: of several nodes one is told yes, and the others not before `until`."""
        claiming: Any
        if follower.next_at is None:
            values = _NEW | {"identifier": follower.identifier, "next_at": until}
            claiming = self._insertion().values(values).on_conflict_do_nothing()
        else:
            claiming = (
                update(ApplicationMetadata)
                .where(
                    ApplicationMetadata.identifier == follower.identifier,
                    ApplicationMetadata.next_at == follower.next_at,
                )
                .values(next_at=until)
            )
        with self._database.transaction() as session:
            return session.execute(claiming.returning(ApplicationMetadata.identifier)).first() is not None

    def record_state(self, identifier: str, **values: Any) -> None:
        """How fetching its metadata went."""
        with self._database.transaction() as session:
            session.execute(
                update(ApplicationMetadata).where(ApplicationMetadata.identifier == identifier).values(**values)
            )

    # --- an aggregate's applications -----------------------------------------------------

    def changed(self, source: str, *, limit: int = 500) -> Sequence[tuple[str, str]]:
        """The identifier and entity id of those whose entity is not what they last took from the aggregate."""
        statement = (
            _of_source(source, RelyingParty.identifier, SamlServiceProviderRow.entity_id)
            .outerjoin(ApplicationMetadata, ApplicationMetadata.identifier == RelyingParty.identifier)
            .where(or_(ApplicationMetadata.digest.is_(None), ApplicationMetadata.digest != MetadataEntity.digest))
            .order_by(RelyingParty.identifier)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [(row.identifier, row.entity_id) for row in connection.execute(statement)]

    def adopt(self, source: str, now: datetime) -> None:
        """Those registered with what the aggregate still says of them have taken it: one statement for all."""
        said = {"digest": MetadataEntity.digest, "refreshed_at": literal(now, UtcDateTime())}
        said |= {"next_at": literal(_NEVER, UtcDateTime()), "failures": literal(0)}
        said |= {name: literal("") for name in ("last_error", "etag", "last_modified")}
        theirs = (
            _of_source(source, RelyingParty.identifier, *said.values())
            .outerjoin(ApplicationMetadata, ApplicationMetadata.identifier == RelyingParty.identifier)
            .where(ApplicationMetadata.identifier.is_(None), SamlServiceProviderRow.metadata_xml == MetadataEntity.xml)
        )
        with self._database.transaction() as session:
            session.execute(insert(ApplicationMetadata).from_select(["identifier", *said], theirs))

    def save_success(self, identifier: str, digest: str, *, now: datetime, error: str = "") -> None:
        """This is what the application was last given of its aggregate; refused, when there is an error."""
        values = {"digest": digest, "refreshed_at": now, "last_error": error, "failures": 1 if error else 0}
        insertion = self._insertion().values(_NEW | values | {"identifier": identifier, "next_at": _NEVER})
        with self._database.transaction() as session:
            session.execute(
                insertion.on_conflict_do_update(index_elements=[ApplicationMetadata.identifier], set_=values)
            )

    def postpone(self, source: str, ends: dict[str, datetime | None], until: datetime) -> int:
        """What the applications of an aggregate last took holds until the end that it has now; for how many it moved.

        `ends` are the entities' own, by their entity id.
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
        for end, all_of_them in moved.items():
            for batch in in_batches(all_of_them):
                self._end(batch, end)
        return sum(map(len, moved.values()))

    def withdraw(self, source: str, now: datetime) -> Sequence[str]:
        """End the metadata of the applications whom their aggregate no longer has; their names."""
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
            self._end([row.relying_party_id for row in batch], now)
        return [row.name for row in gone]

    def _end(self, relying_party_ids: Iterable[str], end: datetime) -> None:
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
        """The document that an application's metadata were last read from."""
        statement = (
            select(SamlServiceProviderRow.metadata_xml)
            .join_from(SamlServiceProviderRow, RelyingParty)
            .where(RelyingParty.identifier == identifier)
        )
        with self._database.reading() as connection:
            return str(connection.execute(statement).scalar() or "")

    def _insertion(self) -> Any:
        return (sqlite if self._database.is_sqlite else postgresql).insert(ApplicationMetadata)

    def _found(self, statement: Select[Any]) -> Sequence[Follower]:
        with self._database.reading() as connection:
            return [_follower(row) for row in connection.execute(statement)]


_NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # an aggregate is asked for as a whole

_FOLLOWER: Select[Any] = (
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
    """Of the applications of a source: those whom its aggregate has."""
    return (
        select(*columns)
        .join_from(RelyingParty, SamlServiceProviderRow)
        .join(
            MetadataEntity,
            and_(MetadataEntity.source == source, MetadataEntity.entity_id == SamlServiceProviderRow.entity_id),
        )
        .where(str(MetadataKind.SOURCE) == _KIND, source == _WHERE)
    )


def _follower(row: Any) -> Follower:
    origin = row.terms["metadata"]
    state = {name: getattr(row, name) for name in _STATE if name != "digest"} if row.next_at is not None else {}
    keys = row.descriptor.get("encryption_keys", ())
    certificates = [*row.descriptor.get("signing_certificates", ()), *(key["certificate"] for key in keys)]
    return Follower(
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
