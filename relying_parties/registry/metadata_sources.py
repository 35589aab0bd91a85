"""The sources of metadata: an operator declares them, and the background job records the state of their refresh.

The identity provider fetches and verifies; this module only stores. `aggregate_entities.py` stores what an aggregate
publishes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.sql.database import Database
from relying_parties.addresses import called_address_fault
from relying_parties.problems import Problem, RegistrationProblems, RelyingPartyError, shown
from relying_parties.registration.registration import is_name
from relying_parties.registration.saml_sp import MetadataKind
from relying_parties.registry.aggregate_entities import AggregateEntities
from relying_parties.registry.audit_kinds import RegistryAuditKind
from relying_parties.registry.metadata_models import MetadataEntity, MetadataSource, SourceKind
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow


class NoSuchSource(RelyingPartyError):
    """No source of metadata has that name."""


class SourceInUse(RelyingPartyError):
    """The source cannot be removed: applications take their metadata from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source and its refresh state. `certificate` is PEM; `last_error` is a fault's code, empty after a success."""

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


_SOURCE = select(*MetadataSource.__table__.columns)


class MetadataSources:
    """The declared sources."""

    def __init__(self, database: Database, audit: Audit) -> None:
        self.entities = AggregateEntities(database)
        self._database = database
        self._audit = audit

    # --- operators -------------------------------------------------------------------

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
        """Add a source, or change the one of that name; return it, and whether anything changed.

        A changed source is due for a refresh now. Its entities are kept until then.

        Raises:
            RegistrationProblems: with every problem.
        """
        self.validate(name, url, loopback_http=loopback_http)
        declared = {"kind": kind, "url": url, "certificate": certificate}
        state = {"next_at": now, "failures": 0, "last_error": "", "etag": "", "last_modified": ""}
        try:
            with self._database.transaction() as session:
                row = session.get(MetadataSource, name, with_for_update=True)
                if row is not None and all(getattr(row, field) == value for field, value in declared.items()):
                    return _source(row), False
                event = RegistryAuditKind.METADATA_SOURCE_AMENDED if row else RegistryAuditKind.METADATA_SOURCE_ADDED
                if row is None:
                    row = MetadataSource(name=name, added_at=now, entities=0, **declared, **state)
                    session.add(row)
                else:
                    for field, value in (declared | state).items():
                        setattr(row, field, value)
                session.flush()
                self._audit.record(
                    session, AuditEntry(kind=event, actor=actor, detail={"name": name, "kind": str(kind), "url": url})
                )
                return _source(row), True
        except IntegrityError:  # another process added it after our read
            return self.named(name), False

    def validate(self, name: str, url: str, *, loopback_http: bool) -> None:
        """
        Raises:
            RegistrationProblems: a source cannot have that name or that address.
        """
        if problems := _problems(name, url, loopback_http=loopback_http):
            raise RegistrationProblems(problems)

    def remove(self, name: str, *, actor: Actor) -> None:
        """Delete a source and its entities.

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
                raise SourceInUse(f"these applications take their metadata from {name}: {named}")
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

    # --- the background job ------------------------------------------------------------

    def claim(self, source: Source, *, until: datetime) -> bool:
        """Claim the refresh of a source until `until`; True for one node only."""
        claiming = (
            update(MetadataSource)
            .where(MetadataSource.name == source.name, MetadataSource.next_at == source.next_at)
            .values(next_at=until)
            .returning(MetadataSource.name)
        )
        with self._database.transaction() as session:
            return session.execute(claiming).first() is not None

    def record_state(self, source: str, **values: Any) -> None:
        """Write the refresh state of a source."""
        with self._database.transaction() as session:
            session.execute(update(MetadataSource).where(MetadataSource.name == source).values(**values))


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
