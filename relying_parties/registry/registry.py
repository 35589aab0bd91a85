"""The registry: which applications are registered, and every way that changes.

Each change is one transaction with its audit line and the next revision, so that
every node sees it within a second and none sees half of it. The form of a
registration is checked before it comes here (`registration.py`).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit
from config.audit.trail import AuditEntry as AuditEntry
from config.audit.vocabulary import AuditKind
from config.logos import Logo
from config.sql.database import Database
from config.sql.versioned_cache import Revisions, VersionedCache, bump, its_key
from relying_parties.problems import HasNoSecret, NoSuchApplication, shown
from relying_parties.registration.registration import Registration, is_identifier, is_name
from relying_parties.registry.application import Application, fingerprint, make_secret
from relying_parties.registry.audit_kinds import RegistryAuditKind
from relying_parties.registry.changes import (
    differences,
    refuse_other_identifier,
    refuse_other_subjects,
    taken_by_another,
    with_metadata,
)
from relying_parties.registry.mapping import (
    APPLICATION,
    PUBLIC_CLIENTS,
    application_of,
    application_of_row,
    locked,
    nobody,
    origins_of_row,
    write_logo,
    write_metadata,
    write_secret,
    write_terms,
)
from relying_parties.registry.models import RelyingParty, SamlServiceProviderRow
from relying_parties.sp_metadata.service_provider import ServiceProvider, could_be_entity_id

REVISION = "registry"
ORIGINS_REVISION = "registry-origins"

# Made once: SQLAlchemy takes longer to recognize a new statement of so many columns than SQLite to answer it.
_NAMED = APPLICATION.where(RelyingParty.name == bindparam("by"))
_IDENTIFIED = APPLICATION.where(RelyingParty.identifier == bindparam("by"))
_OF_ENTITY = APPLICATION.where(SamlServiceProviderRow.entity_id == bindparam("by"))

SECRET_OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=90)


class Outcome(StrEnum):
    """What became of a declared registration."""

    REGISTERED = "registered"
    AMENDED = "amended"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The application as it now is; a secret only when one was made, and never again."""

    outcome: Outcome
    application: Application
    changed: tuple[str, ...] = ()
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A new secret, and until when the one before is still good (None: it no longer is)."""

    application: Application
    secret: str = field(repr=False)
    previous_good_until: datetime | None


class Registry:
    """The applications of this installation. `actor` is who asks for a change, for the audit trail."""

    def __init__(self, database: Database, revisions: Revisions, audit: Audit, *, remembered: int = 1000) -> None:
        self._database = database
        self._audit = audit
        self._applications = VersionedCache(
            revisions, REVISION, self._read_identified, size=remembered, concerned_as=its_key
        )
        self._service_providers = VersionedCache(
            revisions,
            REVISION,
            self._read_service_provider,
            size=remembered,
            concerned_as=lambda _, found: found.identifier,
        )
        self._origins = VersionedCache(revisions, ORIGINS_REVISION, self._read_public_origins, size=1)
        self._logos = VersionedCache(revisions, REVISION, self._read_logo, size=100, concerned_as=its_key)

    # --- reading -------------------------------------------------------------------

    def by_identifier(self, identifier: str) -> Application | None:
        """Whatever it speaks; one indexed read at most, however many are registered."""
        return self._applications.get(identifier) if is_identifier(identifier) else None

    def by_client_id(self, client_id: str) -> Application | None:
        """Of those that speak OpenID Connect; one indexed read at most."""
        found = self.by_identifier(client_id)
        return found if found is not None and found.oidc is not None else None

    def by_entity_id(self, entity_id: str) -> Application | None:
        """Of those that speak SAML; one indexed read at most."""
        return self._service_providers.get(entity_id) if could_be_entity_id(entity_id) else None

    def by_name(self, name: str) -> Application | None:
        return self._read(_NAMED, name) if is_name(name) else None

    def named(self, name: str) -> Application:
        """By what people write: its name, its identifier (client_id) or its entity id.

        Raises:
            NoSuchApplication
        """
        found = self.by_name(name) or (self._read_identified(name) if is_identifier(name) else None)
        if found is None and could_be_entity_id(name):
            found = self._read_service_provider(name)
        if found is None:
            raise NoSuchApplication(nobody(name))
        return found

    def list(self, *, after: str = "", limit: int = 100) -> Sequence[Application]:
        """In the order of names, from the one that follows `after`: each page costs the same."""
        if after and not is_name(after):
            raise NoSuchApplication(f"no application has the name {shown(after)}")
        statement = APPLICATION.where(RelyingParty.name > after).order_by(RelyingParty.name).limit(limit)
        with self._database.reading() as connection:
            return [application_of_row(row) for row in connection.execute(statement)]

    def logo(self, name: str) -> Logo | None:
        """The picture itself, to be served from our origin; it has been checked (`logos.py`)."""
        return self._logos.get(name) if is_name(name) else None

    def public_origins(self) -> frozenset[str]:
        """The origins of the public clients that are not suspended: pages there may read what we answer.

        All at once, since a browser asks before it says for which client; read again once an application has changed.
        """
        return self._origins.get("") or frozenset()

    # --- changing ------------------------------------------------------------------

    def register(self, registration: Registration, *, actor: Actor) -> tuple[Application, str | None]:
        """A new application, and its secret if it has one.

        Raises:
            AlreadyRegistered: its name, identifier or entity id is taken.
        """
        try:
            with self._database.transaction() as session:
                return self._register(session, registration, actor)
        except IntegrityError as taken:
            raise taken_by_another(registration) from taken

    def declare(self, registration: Registration, *, actor: Actor) -> Declared:
        """Make the application of that name what `registration` says: register it, amend it or leave it alone.

        Raises:
            AlreadyRegistered: its identifier or entity id belongs to another, or the identifier is not its own.
            RegistrationProblems: it asks for what cannot be changed.
        """
        try:
            return self._declare(registration, actor)
        except IntegrityError:
            pass  # someone registered it between our look and our word: look again
        try:
            return self._declare(registration, actor)
        except IntegrityError as taken:
            raise taken_by_another(registration) from taken

    def suspend(self, name: str, *, actor: Actor) -> Application:
        """No one can log in to it until it is resumed; asking twice changes nothing more.

        Raises:
            NoSuchApplication
        """
        return self._set_suspended(name, RegistryAuditKind.APPLICATION_SUSPENDED, datetime.now(UTC), actor)

    def resume(self, name: str, *, actor: Actor) -> Application:
        """The end of a suspension.

        Raises:
            NoSuchApplication
        """
        return self._set_suspended(name, RegistryAuditKind.APPLICATION_RESUMED, None, actor)

    def rotate_secret(self, name: str, *, actor: Actor, overlap: timedelta = SECRET_OVERLAP) -> Rotated:
        """A new secret. The one before stays good for `overlap`; one older than that ends now.

        Raises:
            NoSuchApplication
            HasNoSecret: it is a public client.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise ValueError(f"the overlap must be between nothing and {LONGEST_OVERLAP.days} days")
        with self._database.transaction() as session:
            row = locked(session, name)
            if row.oidc is None:
                raise HasNoSecret(f"{row.name} does not speak OpenID Connect: it has no secret")
            if row.oidc.secret_fingerprint is None:
                raise HasNoSecret(f"{row.name} is a public client: it has no secret")
            secret = make_secret()
            good_until = datetime.now(UTC) + overlap if overlap else None
            row.oidc.previous_fingerprint = row.oidc.secret_fingerprint if overlap else None
            row.oidc.previous_good_until = good_until
            row.oidc.secret_fingerprint = fingerprint(secret)
            until = good_until.isoformat(timespec="seconds") if good_until else None
            self._changed(session, RegistryAuditKind.SECRET_ROTATED, row, actor, previous_good_until=until)
            return Rotated(application=application_of(row), secret=secret, previous_good_until=good_until)

    def amend_metadata(
        self, identifier: str, service_provider: ServiceProvider, xml: bytes, *, actor: Actor
    ) -> tuple[Application, bool]:
        """What a service provider says of itself now, and whether that is anything new.

        Asking for signed requests is heard; no longer asking is for a person to declare.

        Raises:
            NoSuchApplication
            RegistrationProblems: it is another service provider's, or not enough for what was agreed.
        """
        with self._database.transaction() as session:
            row = locked(session, identifier)
            before = application_of(row)
            after = replace(before, saml=with_metadata(before, service_provider))
            write_terms(row, after)
            write_metadata(row, xml)
            changed = differences(before, after)
            if changed:
                row.amended_at = datetime.now(UTC)
                session.flush()
                self._changed(session, RegistryAuditKind.APPLICATION_AMENDED, row, actor, changed=list(changed))
            elif after != before:
                bump(session, REVISION, row.identifier, row.name)  # it holds longer: seen by all, news to nobody
            return application_of(row), bool(changed)

    # --- how -----------------------------------------------------------------------

    def _register(self, session: Session, registration: Registration, actor: Actor) -> tuple[Application, str | None]:
        now = datetime.now(UTC)
        row = RelyingParty(id=uuid.uuid4().hex, registered_at=now, amended_at=now, suspended_at=None)
        row.identifier = registration.identifier or registration.name
        write_terms(row, registration)
        write_metadata(row, registration.metadata_xml)
        write_logo(row, registration.logo)
        secret = write_secret(row)
        session.add(row)
        session.flush()
        self._changed(session, RegistryAuditKind.APPLICATION_REGISTERED, row, actor)
        return application_of(row), secret

    def _declare(self, registration: Registration, actor: Actor) -> Declared:
        with self._database.transaction() as session:
            row = session.scalars(
                select(RelyingParty).filter_by(name=registration.name).with_for_update(of=RelyingParty)
            ).first()
            if row is not None:
                return self._amend(session, row, registration, actor)
            application, secret = self._register(session, registration, actor)
            return Declared(outcome=Outcome.REGISTERED, application=application, secret=secret)

    def _amend(self, session: Session, row: RelyingParty, registration: Registration, actor: Actor) -> Declared:
        before = application_of(row)
        refuse_other_identifier(before, registration)
        changed = differences(before, registration)
        if not changed:
            return Declared(outcome=Outcome.UNCHANGED, application=self._with_new_instant(session, row, registration))
        refuse_other_subjects(before, registration)
        write_terms(row, registration)
        write_metadata(row, registration.metadata_xml)
        secret = write_secret(row)
        if "logo" in changed:
            write_logo(row, registration.logo)
        row.amended_at = datetime.now(UTC)
        session.flush()
        self._changed(session, RegistryAuditKind.APPLICATION_AMENDED, row, actor, changed=list(changed))
        return Declared(outcome=Outcome.AMENDED, application=application_of(row), changed=changed, secret=secret)

    def _with_new_instant(self, session: Session, row: RelyingParty, registration: Registration) -> Application:
        """The same metadata may hold longer than when it was last read: seen by all, news to nobody."""
        before = application_of(row)
        if registration.saml is None or registration.saml == before.saml:
            return before
        write_terms(row, registration)
        write_metadata(row, registration.metadata_xml)
        bump(session, REVISION, row.identifier, row.name)
        return application_of(row)

    def _set_suspended(self, name: str, kind: AuditKind, at: datetime | None, actor: Actor) -> Application:
        with self._database.transaction() as session:
            row = locked(session, name)
            if (row.suspended_at is None) != (at is None):
                row.suspended_at = at
                self._changed(session, kind, row, actor)
            return application_of(row)

    def _changed(self, session: Session, kind: AuditKind, row: RelyingParty, actor: Actor, **detail: object) -> None:
        told = {"name": row.name} | {name: value for name, value in detail.items() if value is not None}
        entry = AuditEntry(kind=kind, application=row.identifier, actor=actor, detail=told)
        self._audit.record(session, entry)
        bump(session, REVISION, row.identifier, row.name)
        bump(session, ORIGINS_REVISION)

    def _read_identified(self, identifier: str) -> Application | None:
        return self._read(_IDENTIFIED, identifier)

    def _read_service_provider(self, entity_id: str) -> Application | None:
        return self._read(_OF_ENTITY, entity_id)

    def _read(self, statement: Select[Any], by: str) -> Application | None:
        with self._database.reading() as connection:
            row = connection.execute(statement, {"by": by}).first()
        return application_of_row(row) if row else None

    def _read_public_origins(self, _: str) -> frozenset[str]:
        with self._database.reading() as connection:
            return frozenset(origin for row in connection.execute(PUBLIC_CLIENTS) for origin in origins_of_row(row))

    def _read_logo(self, name: str) -> Logo | None:
        statement = select(RelyingParty.logo_type, RelyingParty.logo).where(RelyingParty.name == name)
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        return Logo(media_type=row.logo_type, content=row.logo) if row and row.logo is not None else None
