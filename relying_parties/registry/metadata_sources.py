"""The sources of service providers' metadata: declared by an operator, filled by the background process.

Nothing here fetches or verifies: that is for the identity provider, which gives
what it has verified. Writes are batches of one statement, each a transaction of its
own, so that nobody who logs in waits behind ten thousand entities; what a batch
leaves is always verified, and holds until the end that its source had before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from config.actor import Actor
from config.audit.trail import Audit
from config.audit.trail import AuditEntry as AuditEntry
from config.sql.database import Database
from relying_parties.addresses import called_address_fault
from relying_parties.problems import Problem, RegistrationProblems, RelyingPartyError, shown
from relying_parties.registration.registration import is_name
from relying_parties.registration.saml_sp import MetadataKind
from relying_parties.registry.audit_kinds import RegistryAuditKind
from relying_parties.registry.metadata_models import MetadataEntity, MetadataSource, SourceKind
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow

ROWS_AT_ONCE = 500

Item = TypeVar("Item")


class NoSuchSource(RelyingPartyError):
    """No source of metadata has that name."""


class SourceInUse(RelyingPartyError):
    """Applications take their metadata from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source as it stands. `certificate` is PEM; `last_error` is a fault's word, empty when all went well."""

    name: str
    kind: SourceKind
    url: str
    certificate: str
    added_at: datetime
    valid_until: datetime | None
    published_at: datetime | None
    entities: int
    refreshed_at: datetime | None
    next_at: datetime
    failures: int
    last_error: str
    etag: str
    last_modified: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEntity:
    """A verified service provider, and until when it may be believed: its own end or its source's."""

    entity_id: str
    xml: str
    digest: str
    valid_until: datetime | None


_SOURCE = select(*MetadataSource.__table__.columns)


class MetadataSources:
    """The declared sources, and what they held when they were last verified."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self._database = database
        self._audit = audit

    # --- what operators declare --------------------------------------------------------

    def declare(
        self,
        name: str,
        kind: SourceKind,
        url: str,
        certificate: str,
        *,
        loopback_http: bool,
        now: datetime,
        actor: Actor,
    ) -> tuple[Source, bool]:
        """Add a source, or change the one of that name; and whether anything is different now.

        What was taken from it before is kept until it is refreshed, which it is at once.

        Raises:
            RegistrationProblems: everything that is wrong with it.
        """
        self.require_good(name, url, loopback_http=loopback_http)
        said = {"kind": kind, "url": url, "certificate": certificate}
        afresh = {"next_at": now, "failures": 0, "last_error": "", "etag": "", "last_modified": ""}
        try:
            with self._database.transaction() as session:
                row = session.get(MetadataSource, name, with_for_update=True)
                if row is not None and all(getattr(row, field) == value for field, value in said.items()):
                    return _source(row), False
                word = RegistryAuditKind.METADATA_SOURCE_AMENDED if row else RegistryAuditKind.METADATA_SOURCE_ADDED
                if row is None:
                    row = MetadataSource(name=name, added_at=now, entities=0, **said, **afresh)
                    session.add(row)
                else:
                    for field, value in (said | afresh).items():
                        setattr(row, field, value)
                session.flush()
                self._audit.record(
                    session, AuditEntry(kind=word, actor=actor, detail={"name": name, "kind": str(kind), "url": url})
                )
                return _source(row), True
        except IntegrityError:  # someone added it between our look and our word
            return self.named(name), False

    def require_good(self, name: str, url: str, *, loopback_http: bool) -> None:
        """
        Raises:
            RegistrationProblems: no source could have that name, or be at that address.
        """
        if problems := _problems(name, url, loopback_http=loopback_http):
            raise RegistrationProblems(problems)

    def remove(self, name: str, *, actor: Actor) -> None:
        """Forget a source and what it held.

        Raises:
            NoSuchSource
            SourceInUse: naming the applications.
        """
        with self._database.transaction() as session:
            row = session.get(MetadataSource, name, with_for_update=True)
            if row is None:
                raise NoSuchSource(f"no source has the name {shown(name)}")
            users = session.scalars(
                select(RelyingParty.name)
                .join(RelyingParty.saml)
                .where(_comes_from(name))
                .order_by(RelyingParty.name)
                .limit(21)
            ).all()
            if users:
                named = ", ".join(users[:20]) + (" and others" if len(users) > 20 else "")
                raise SourceInUse(f"{name} is where these take their metadata from: {named}")
            session.execute(delete(MetadataEntity).where(MetadataEntity.source == name))
            session.delete(row)
            self._audit.record(
                session, AuditEntry(kind=RegistryAuditKind.METADATA_SOURCE_REMOVED, actor=actor, detail={"name": name})
            )

    # --- reading -------------------------------------------------------------------

    def named(self, name: str) -> Source:
        """
        Raises:
            NoSuchSource
        """
        with self._database.reading() as connection:
            row = connection.execute(_SOURCE.where(MetadataSource.name == name)).first()
        if row is None:
            raise NoSuchSource(f"no source has the name {shown(name)}")
        return _source(row)

    def list(self) -> Sequence[Source]:
        with self._database.reading() as connection:
            return [_source(row) for row in connection.execute(_SOURCE.order_by(MetadataSource.name))]

    def entity(self, source: str, entity_id: str) -> KeptEntity | None:
        """What an aggregate said of one service provider; it may have ended."""
        statement = (
            select(MetadataEntity.xml, MetadataEntity.digest, _UNTIL.label("until"))
            .join_from(MetadataEntity, MetadataSource)
            .where(MetadataEntity.source == source, MetadataEntity.entity_id == entity_id)
        )
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        if row is None:
            return None
        return KeptEntity(entity_id=entity_id, xml=row.xml, digest=row.digest, valid_until=row.until)

    def digests(self, source: str) -> dict[str, tuple[str, datetime | None]]:
        """Of each entity that is kept: its digest and its own end."""
        statement = select(MetadataEntity.entity_id, MetadataEntity.digest, MetadataEntity.valid_until).where(
            MetadataEntity.source == source
        )
        with self._database.reading() as connection:
            return {row.entity_id: (row.digest, row.valid_until) for row in connection.execute(statement)}

    # --- what the background process brings --------------------------------------------

    def claim(self, source: Source, *, until: datetime) -> bool:
        """Whether it is ours to refresh: of several nodes one is told yes, and the others not before `until`."""
        claiming = (
            update(MetadataSource)
            .where(MetadataSource.name == source.name, MetadataSource.next_at == source.next_at)
            .values(next_at=until)
            .returning(MetadataSource.name)
        )
        with self._database.transaction() as session:
            return session.execute(claiming).first() is not None

    def keep(self, source: str, entities: Iterable[KeptEntity]) -> int:
        """Write what is new or different of an aggregate that was verified; how many."""
        written = 0
        for batch in in_batches(entities):
            rows = [
                {
                    "source": source,
                    "entity_id": each.entity_id,
                    "xml": each.xml,
                    "digest": each.digest,
                    "valid_until": each.valid_until,
                }
                for each in batch
            ]
            with self._database.transaction() as session:
                dialect = sqlite if self._database.is_sqlite else postgresql
                statement = dialect.insert(MetadataEntity).values(rows)
                said = {name: statement.excluded[name] for name in ("xml", "digest", "valid_until")}
                session.execute(
                    statement.on_conflict_do_update(
                        index_elements=[MetadataEntity.source, MetadataEntity.entity_id], set_=said
                    )
                )
            written += len(rows)
        return written

    def forget(self, source: str, entity_ids: Iterable[str]) -> None:
        """An aggregate no longer has them."""
        for batch in in_batches(entity_ids):
            with self._database.transaction() as session:
                session.execute(
                    delete(MetadataEntity).where(MetadataEntity.source == source, MetadataEntity.entity_id.in_(batch))
                )

    def hold_to(self, source: str, entity_ids: Iterable[str], until: datetime) -> None:
        """An aggregate's word on them cannot be used: the one before holds as long as it would have, and no longer."""
        for batch in in_batches(entity_ids):
            with self._database.transaction() as session:
                session.execute(
                    update(MetadataEntity)
                    .where(
                        MetadataEntity.source == source,
                        MetadataEntity.entity_id.in_(batch),
                        or_(MetadataEntity.valid_until.is_(None), MetadataEntity.valid_until > until),
                    )
                    .values(valid_until=until)
                )

    def record_state(self, source: str, **values: Any) -> None:
        """How refreshing it went."""
        with self._database.transaction() as session:
            session.execute(update(MetadataSource).where(MetadataSource.name == source).values(**values))


def in_batches(items: Iterable[Item], size: int = ROWS_AT_ONCE) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) >= size:
            yield batch
            batch = []
    if batch:
        yield batch


_UNTIL = case(
    (MetadataEntity.valid_until.is_(None), MetadataSource.valid_until),
    (MetadataSource.valid_until < MetadataEntity.valid_until, MetadataSource.valid_until),
    else_=MetadataEntity.valid_until,
)


def _comes_from(source: str) -> Any:
    origin = SamlServiceProviderRow.terms["metadata"]
    return (origin["kind"].as_string() == str(MetadataKind.SOURCE)) & (origin["where"].as_string() == source)


def _source(row: Any) -> Source:
    return Source(**{column.name: getattr(row, column.name) for column in MetadataSource.__table__.columns})


def _problems(name: str, url: str, *, loopback_http: bool) -> list[Problem]:
    problems = []
    if not is_name(name):
        change = "must be made of a-z, 0-9 and single hyphens, and start with a letter"
        problems.append(Problem(field="NAME", received=shown(name), change=change))
    if fault := called_address_fault(url, loopback_http=loopback_http):
        problems.append(Problem(field="URL", received=shown(url), change=fault))
    return problems
