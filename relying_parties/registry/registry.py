"""The registry: registers applications and changes them.

Each change is one transaction with its audit entry and the next revision, so that every node sees the whole change
within a second. A registration has been checked before it comes here (relying_parties/registration).
"""

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.actor import Actor
from config.audit.trail import Audit, AuditEntry
from config.audit.vocabulary import AuditKind
from config.sql.database import Database
from config.sql.versioned_cache import Revisions, bump
from relying_parties.problems import HasNoSecret
from relying_parties.registration.registration import Registration
from relying_parties.registry.application import Application, fingerprint, make_secret
from relying_parties.registry.audit_kinds import RegistryAuditKind
from relying_parties.registry.changes import (
    already_taken,
    differences,
    refuse_other_identifier,
    refuse_other_subjects,
    with_metadata,
)
from relying_parties.registry.lookup import ORIGINS_REVISION, REVISION, ApplicationLookup
from relying_parties.registry.mapping import (
    application_of,
    lock_application,
    write_logo,
    write_metadata,
    write_secret,
    write_terms,
)
from relying_parties.registry.models import RelyingParty
from relying_parties.sp_metadata.service_provider import ServiceProvider

SECRET_OVERLAP = timedelta(hours=24)
LONGEST_OVERLAP = timedelta(days=90)


class Outcome(StrEnum):
    """What a registration has done."""

    REGISTERED = "registered"
    AMENDED = "amended"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The application after a registration; `secret` is set only when a new secret was made."""

    outcome: Outcome
    application: Application
    changed: tuple[str, ...] = ()
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """A new secret. The previous one is accepted until `previous_good_until`; None means no longer."""

    application: Application
    secret: str = field(repr=False)
    previous_good_until: datetime | None


class Registry(ApplicationLookup):
    """The applications of this installation. The audit trail names `actor` for each change."""

    def __init__(self, database: Database, revisions: Revisions, audit: Audit, *, cache_size: int = 1000) -> None:
        super().__init__(database, revisions, cache_size=cache_size)
        self._audit = audit

    def register(self, registration: Registration, *, actor: Actor) -> tuple[Application, str | None]:
        """Register a new application; return it with its secret, if it has one.

        Raises:
            AlreadyRegistered: its name, identifier or entity id is taken.
        """
        try:
            with self._database.transaction() as session:
                return self._register(session, registration, actor)
        except IntegrityError as taken:
            raise already_taken(registration) from taken

    def declare(self, registration: Registration, *, actor: Actor) -> Declared:
        """Register the application of that name, or amend it so that it equals `registration`.

        Raises:
            AlreadyRegistered: the identifier or entity id belongs to another application, or the registration has
                another identifier than the application.
            RegistrationProblems: the registration would change what cannot change.
        """
        try:
            return self._declare(registration, actor)
        except IntegrityError:
            pass  # another process registered it after our read: it is there at the second attempt
        try:
            return self._declare(registration, actor)
        except IntegrityError as taken:
            raise already_taken(registration) from taken

    def suspend(self, name: str, *, actor: Actor) -> Application:
        """Let nobody log in to the application until it is resumed. Idempotent.

        Raises:
            NoSuchApplication
        """
        return self._set_suspended(name, RegistryAuditKind.APPLICATION_SUSPENDED, datetime.now(UTC), actor)

    def resume(self, name: str, *, actor: Actor) -> Application:
        """End a suspension. Idempotent.

        Raises:
            NoSuchApplication
        """
        return self._set_suspended(name, RegistryAuditKind.APPLICATION_RESUMED, None, actor)

    def rotate_secret(self, name: str, *, actor: Actor, overlap: timedelta = SECRET_OVERLAP) -> Rotated:
        """Make a new secret. The current one is accepted for `overlap` more; an older one ends now.

        Raises:
            NoSuchApplication
            HasNoSecret: it is a public client, or it does not use OpenID Connect.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise ValueError(f"the overlap must be between nothing and {LONGEST_OVERLAP.days} days")
        with self._database.transaction() as session:
            row = lock_application(session, name)
            if row.oidc is None:
                raise HasNoSecret(f"{row.name} does not use OpenID Connect: it has no secret")
            if row.oidc.secret_fingerprint is None:
                raise HasNoSecret(f"{row.name} is a public client: it has no secret")
            secret = make_secret()
            good_until = datetime.now(UTC) + overlap if overlap else None
            row.oidc.previous_fingerprint = row.oidc.secret_fingerprint if overlap else None
            row.oidc.previous_good_until = good_until
            row.oidc.secret_fingerprint = fingerprint(secret)
            until = good_until.isoformat(timespec="seconds") if good_until else None
            self._record(session, RegistryAuditKind.SECRET_ROTATED, row, actor, previous_good_until=until)
            return Rotated(application=application_of(row), secret=secret, previous_good_until=good_until)

    def amend_metadata(
        self, identifier: str, service_provider: ServiceProvider, xml: bytes, *, actor: Actor
    ) -> tuple[Application, bool]:
        """Take the service provider's present metadata; return the application and whether a term has changed.

        Metadata that now declares signed requests makes them required. Metadata that no longer declares them does
        not lift the requirement: an operator must.

        Raises:
            NoSuchApplication
            RegistrationProblems: the metadata is another service provider's, or contradicts what was agreed.
        """
        with self._database.transaction() as session:
            row = lock_application(session, identifier)
            before = application_of(row)
            after = replace(before, saml=with_metadata(before, service_provider))
            write_terms(row, after)
            write_metadata(row, xml)
            changed = differences(before, after)
            if changed:
                row.amended_at = datetime.now(UTC)
                session.flush()
                self._record(session, RegistryAuditKind.APPLICATION_AMENDED, row, actor, changed=list(changed))
            elif after != before:  # only validUntil moved: bump the revision, write no audit entry
                bump(session, REVISION, row.identifier, row.name)
            return application_of(row), bool(changed)

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
        self._record(session, RegistryAuditKind.APPLICATION_REGISTERED, row, actor)
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
            return Declared(outcome=Outcome.UNCHANGED, application=self._with_new_validity(session, row, registration))
        refuse_other_subjects(before, registration)
        write_terms(row, registration)
        write_metadata(row, registration.metadata_xml)
        secret = write_secret(row)
        if "logo" in changed:
            write_logo(row, registration.logo)
        row.amended_at = datetime.now(UTC)
        session.flush()
        self._record(session, RegistryAuditKind.APPLICATION_AMENDED, row, actor, changed=list(changed))
        return Declared(outcome=Outcome.AMENDED, application=application_of(row), changed=changed, secret=secret)

    def _with_new_validity(self, session: Session, row: RelyingParty, registration: Registration) -> Application:
        """Only validUntil of the metadata may have moved: bump the revision, write no audit entry."""
        before = application_of(row)
        if registration.saml is None or registration.saml == before.saml:
            return before
        write_terms(row, registration)
        write_metadata(row, registration.metadata_xml)
        bump(session, REVISION, row.identifier, row.name)
        return application_of(row)

    def _set_suspended(self, name: str, kind: AuditKind, at: datetime | None, actor: Actor) -> Application:
        with self._database.transaction() as session:
            row = lock_application(session, name)
            if (row.suspended_at is None) != (at is None):
                row.suspended_at = at
                self._record(session, kind, row, actor)
            return application_of(row)

    def _record(self, session: Session, kind: AuditKind, row: RelyingParty, actor: Actor, **detail: object) -> None:
        """Write the audit entry of a change, and bump the revisions that it concerns."""
        known = {"name": row.name} | {name: value for name, value in detail.items() if value is not None}
        self._audit.record(session, AuditEntry(kind=kind, application=row.identifier, actor=actor, detail=known))
        bump(session, REVISION, row.identifier, row.name)
        bump(session, ORIGINS_REVISION)
