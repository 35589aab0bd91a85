"""The registry: which applications are registered, and every way that changes.

Each change is one transaction with its audit line and the next revision, so that
every node sees it within a second and none sees half of it. The form of a
registration is checked before it comes here (`registration.py`).
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from config.audit import Audit, AuditKind
from config.audit import Entry as AuditEntry
from config.database import Database
from config.revisions import Remembered, Revisions, advance
from relying_parties.application import Application, fingerprint, make_secret
from relying_parties.logos import Logo
from relying_parties.models import OidcClient, RelyingParty
from relying_parties.problems import (
    AlreadyRegistered,
    HasNoSecret,
    NoSuchApplication,
    Problem,
    RegistrationProblems,
    shown,
)
from relying_parties.registration import Registration, Terms, is_client_id, is_name
from relying_parties.rows import APPLICATION, application_of, application_of_row, write_logo, write_terms

REVISION = "registry"
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
        self._applications = Remembered(revisions, REVISION, self._read_client, size=remembered)
        self._logos = Remembered(revisions, REVISION, self._read_logo, size=100)

    # --- reading -------------------------------------------------------------------

    def by_client_id(self, client_id: str) -> Application | None:
        """One indexed read at most, however many are registered."""
        return self._applications.get(client_id) if is_client_id(client_id) else None

    def by_name(self, name: str) -> Application | None:
        return self._read(RelyingParty.name == name) if is_name(name) else None

    def named(self, name: str) -> Application:
        """By what people write: its name, or its client_id.

        Raises:
            NoSuchApplication
        """
        found = self.by_name(name) or (self._read_client(name) if is_client_id(name) else None)
        if found is None:
            raise NoSuchApplication(f"no application has the name or client_id {shown(name)}")
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

    # --- changing ------------------------------------------------------------------

    def register(self, registration: Registration, *, actor: str) -> tuple[Application, str | None]:
        """A new application, and its secret if it has one.

        Raises:
            AlreadyRegistered: its name or client_id is taken.
        """
        try:
            with self._database.transaction() as session:
                return self._register(session, registration, actor)
        except IntegrityError as taken:
            raise _taken(registration) from taken

    def declare(self, registration: Registration, *, actor: str) -> Declared:
        """Make the application of that name what `registration` says: register it, amend it or leave it alone.

        Raises:
            AlreadyRegistered: its client_id belongs to another, or is not the one it was registered with.
            RegistrationProblems: it asks for what cannot be changed.
        """
        try:
            return self._declare(registration, actor)
        except IntegrityError:
            pass  # someone registered it between our look and our word: look again
        try:
            return self._declare(registration, actor)
        except IntegrityError as taken:
            raise _taken(registration) from taken

    def suspend(self, name: str, *, actor: str) -> Application:
        """No one can log in to it until it is resumed; asking twice changes nothing more.

        Raises:
            NoSuchApplication
        """
        return self._set_suspended(name, AuditKind.APPLICATION_SUSPENDED, datetime.now(UTC), actor)

    def resume(self, name: str, *, actor: str) -> Application:
        """The end of a suspension.

        Raises:
            NoSuchApplication
        """
        return self._set_suspended(name, AuditKind.APPLICATION_RESUMED, None, actor)

    def rotate_secret(self, name: str, *, actor: str, overlap: timedelta = SECRET_OVERLAP) -> Rotated:
        """A new secret. The one before stays good for `overlap`; one older than that ends now.

        Raises:
            NoSuchApplication
            HasNoSecret: it is a public client.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise ValueError(f"the overlap must be between nothing and {LONGEST_OVERLAP.days} days")
        with self._database.transaction() as session:
            row = _locked(session, name)
            if row.oidc.secret_fingerprint is None:
                raise HasNoSecret(f"{row.name} is a public client: it has no secret")
            secret = make_secret()
            good_until = datetime.now(UTC) + overlap if overlap else None
            row.oidc.previous_fingerprint = row.oidc.secret_fingerprint if overlap else None
            row.oidc.previous_good_until = good_until
            row.oidc.secret_fingerprint = fingerprint(secret)
            until = good_until.isoformat(timespec="seconds") if good_until else None
            self._changed(session, AuditKind.SECRET_ROTATED, row, actor, previous_good_until=until)
            return Rotated(application=application_of(row), secret=secret, previous_good_until=good_until)

    # --- how -----------------------------------------------------------------------

    def _register(self, session: Session, registration: Registration, actor: str) -> tuple[Application, str | None]:
        now = datetime.now(UTC)
        secret = make_secret() if registration.client_authentication.has_secret else None
        row = RelyingParty(id=uuid.uuid4().hex, registered_at=now, amended_at=now, suspended_at=None)
        row.oidc = OidcClient(client_id=registration.client_id or secrets.token_hex(16))
        row.oidc.secret_fingerprint = fingerprint(secret) if secret else None
        row.oidc.previous_fingerprint = row.oidc.previous_good_until = None
        write_terms(row, registration)
        write_logo(row, registration.logo)
        session.add(row)
        session.flush()
        self._changed(session, AuditKind.APPLICATION_REGISTERED, row, actor)
        return application_of(row), secret

    def _declare(self, registration: Registration, actor: str) -> Declared:
        with self._database.transaction() as session:
            row = session.scalars(select(RelyingParty).filter_by(name=registration.name).with_for_update()).first()
            if row is not None:
                return self._amend(session, row, registration, actor)
            application, secret = self._register(session, registration, actor)
            return Declared(outcome=Outcome.REGISTERED, application=application, secret=secret)

    def _amend(self, session: Session, row: RelyingParty, registration: Registration, actor: str) -> Declared:
        before = application_of(row)
        if registration.client_id not in (None, before.client_id):
            raise AlreadyRegistered(
                f"{row.name} is registered with the client_id {before.client_id}, which cannot change: "
                "entitlements refer to it"
            )
        changed = _differences(before, registration)
        if not changed:
            return Declared(outcome=Outcome.UNCHANGED, application=before)
        _refuse_other_subjects(before, registration)
        secret = None
        if registration.client_authentication.has_secret and not before.client_authentication.has_secret:
            secret = make_secret()
            row.oidc.secret_fingerprint = fingerprint(secret)
        elif not registration.client_authentication.has_secret:
            row.oidc.secret_fingerprint = row.oidc.previous_fingerprint = row.oidc.previous_good_until = None
        write_terms(row, registration)
        if "logo" in changed:
            write_logo(row, registration.logo)
        row.amended_at = datetime.now(UTC)
        session.flush()
        self._changed(session, AuditKind.APPLICATION_AMENDED, row, actor, changed=list(changed))
        return Declared(outcome=Outcome.AMENDED, application=application_of(row), changed=changed, secret=secret)

    def _set_suspended(self, name: str, kind: AuditKind, at: datetime | None, actor: str) -> Application:
        with self._database.transaction() as session:
            row = _locked(session, name)
            if (row.suspended_at is None) != (at is None):
                row.suspended_at = at
                self._changed(session, kind, row, actor)
            return application_of(row)

    def _changed(self, session: Session, kind: AuditKind, row: RelyingParty, actor: str, **detail: object) -> None:
        told = {"name": row.name} | {name: value for name, value in detail.items() if value is not None}
        entry = AuditEntry(kind=kind, application=row.oidc.client_id, actor=actor, detail=told)
        self._audit.record(session, entry)
        advance(session, REVISION)

    def _read_client(self, client_id: str) -> Application | None:
        return self._read(OidcClient.client_id == client_id)

    def _read(self, which: ColumnElement[bool]) -> Application | None:
        with self._database.reading() as connection:
            row = connection.execute(APPLICATION.where(which)).first()
        return application_of_row(row) if row else None

    def _read_logo(self, name: str) -> Logo | None:
        statement = select(RelyingParty.logo_type, RelyingParty.logo).where(RelyingParty.name == name)
        with self._database.reading() as connection:
            row = connection.execute(statement).first()
        return Logo(media_type=row.logo_type, content=row.logo) if row and row.logo is not None else None


def _locked(session: Session, name: str) -> RelyingParty:
    """The application as it is now, and as nobody else will change it before we have."""
    for which in (RelyingParty.name == name, OidcClient.client_id == name) if is_client_id(name) else ():
        statement = select(RelyingParty).join(RelyingParty.oidc).where(which).with_for_update(of=RelyingParty)
        if (row := session.scalars(statement).first()) is not None:
            return row
    raise NoSuchApplication(f"no application has the name or client_id {shown(name)}")


def _differences(before: Application, registration: Registration) -> tuple[str, ...]:
    changed = [term.name for term in fields(Terms) if getattr(before, term.name) != getattr(registration, term.name)]
    logo = registration.logo.digest if registration.logo else None
    return tuple([*changed, "logo"] if before.logo != logo else changed)


def _refuse_other_subjects(before: Application, registration: Registration) -> None:
    """The subject is how the application knows each person: another sector would make everyone a stranger to it."""
    if (before.subject_type, before.sector) != (registration.subject_type, registration.sector):
        said = f"{registration.subject_type} {registration.sector}".strip()
        was = f"{before.subject_type} {before.sector}".strip()
        change = f"must stay {was}: the application would no longer recognise anyone; register it under another name"
        raise RegistrationProblems([Problem(field="subject_type, sector", received=shown(said), change=change)])


def _taken(registration: Registration) -> AlreadyRegistered:
    named = f" or the client_id {registration.client_id}" if registration.client_id else ""
    return AlreadyRegistered(f"the name {registration.name}{named} belongs to an application already registered")
