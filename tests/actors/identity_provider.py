"""The identity provider under test: the whole WSGI application, and the operator who runs it.

The operator's parts are made apart from the application's, as commands are:
what they do is seen by the application only as another process's acts are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from flask import Flask
from sqlalchemy import select

from config.audit.trail import AuditEntry, AuditEvent
from config.sql.database import Database
from idp.accounts.assignments import AssignmentTerms
from idp.accounts.new_account import NewAccount
from idp.accounts.passwords.passwords import Changed, HashedPassword
from idp.app import create_app
from idp.audit_kinds import IdpAuditKind
from idp.container.logout import single_logout
from idp.container.services import Services
from idp.settings import Settings
from relying_parties.registration.registration import Registration, Terms
from tests.actors.application import Application
from tests.actors.browser import Browser, Professional
from tests.builders.operators import OPERATOR
from tests.letters import letters_of


@dataclass(slots=True, kw_only=True)
class Operator:
    """The operator of the identity provider, by the functions that are under the commands."""

    services: Services

    @property
    def settings(self) -> Settings:
        return self.services.settings

    def creates(self, person: Professional, *, entitled_to: tuple[str, ...] = (), **named: Any) -> Professional:
        new = NewAccount(
            login=person.login,
            given_name=person.given_name,
            family_name=person.family_name,
            email=person.email,
            **named,
        )
        self.services.account_service.create(new, actor=OPERATOR)
        self.gives_password(person, person.password)
        for client_id in entitled_to:
            self.entitles(person, client_id)
        return person

    def entitles(self, person: Professional, client_id: str, **terms: Any) -> None:
        terms_of_entitlement = AssignmentTerms(**terms)
        self.services.account_service.grant(person.login, client_id, actor=OPERATOR, terms=terms_of_entitlement)

    def withdraws(self, person: Professional, client_id: str) -> None:
        self.services.account_service.withdraw(person.login, client_id, actor=OPERATOR)

    def disables(self, person: Professional) -> None:
        self.services.account_service.disable(person.login, actor=OPERATOR)

    def gives_password(self, person: Professional, password: str, *, provisional: bool = False) -> Professional:
        passwords = self.services.passwords
        snapshot = self.services.accounts.by_username(person.login)
        assert snapshot is not None
        prepared = passwords.prepare(snapshot.account_id, password)
        assert isinstance(prepared, HashedPassword), prepared
        entry = AuditEntry(kind=IdpAuditKind.PASSWORD_SET, actor=OPERATOR)
        with self.services.database.transaction() as session:
            assert isinstance(passwords.keep(session, prepared, entry, must_change=provisional), Changed)
        return replace(person, password=password)

    def amends(self, application: Application, **changed: Any) -> None:
        """Register `application` again with these terms changed; those of a protocol are named like the others."""
        registry = self.services.registry
        known = registry.by_identifier(application.client_id)
        assert known is not None
        terms: dict[str, Any] = {name: getattr(known, name) for name in Terms.__dataclass_fields__}
        for protocol in ("oidc", "saml"):
            its = {name: changed.pop(name) for name in set(changed) & set(dir(terms[protocol]))}
            terms[protocol] = replace(terms[protocol], **its) if its else terms[protocol]
        terms |= {"identifier": known.identifier, "logo": registry.logo(known.name)} | changed
        registry.declare(Registration(**terms), actor=OPERATOR)

    def suspends(self, application: Application) -> None:
        self.services.registry.suspend(application.client_id, actor=OPERATOR)

    def rotates_keys(self) -> None:
        self.services.key_rotation.rotate(actor=OPERATOR, now=datetime.now(UTC), even_if_recent=True)

    def letters(self) -> list[EmailMessage]:
        """Every letter sent so far, oldest first, once the jobs that are due have run."""
        self.services.jobs.run_due()
        return letters_of(self.settings.data_folder)

    def tells_applications(self) -> None:
        """Run the jobs that tell applications that a session has ended, as far as they are due."""
        single_logout(self.services)
        self.services.notices.run_due()

    def trail(self) -> list[str]:
        """The kinds of the audit lines, oldest first."""
        with self.services.database.reading() as connection:
            return list(connection.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


@dataclass(slots=True, kw_only=True)
class IdentityProvider(Operator):
    """A worker of the identity provider, with its operator."""

    app: Flask

    @property
    def issuer(self) -> str:
        return self.settings.issuer

    def a_browser(self, *, address: str = "192.0.2.7", languages: str = "fr") -> Browser:
        return Browser({self.issuer: self.app.wsgi_app}, address=address, languages=languages)

    @contextmanager
    def another_worker(self) -> Iterator["IdentityProvider"]:
        """Another worker process on the same stores: it shares nothing else with this one."""
        with running(self.settings) as worker:
            yield worker

    def registers(self, registration: Registration) -> Application:
        """Register an application, or amend it; its server as it then is."""
        declared = self.services.registry.declare(registration, actor=OPERATOR)
        return Application(
            idp=self.app.wsgi_app,
            issuer=self.issuer,
            client_id=declared.application.client_id,
            secret=declared.secret or "",
            redirect_uri=registration.oidc.redirect_uris[0],
            home_url=registration.home_url,
            post_logout_redirect_uri=registration.oidc.post_logout_redirect_uris[0],
        )


@contextmanager
def running(settings: Settings) -> Iterator[IdentityProvider]:
    """A worker over stores that have what they need."""
    app = create_app(settings)
    database = Database.open(settings)
    services = Services.of(settings, database)
    try:
        yield IdentityProvider(app=app, services=services)
    finally:
        app.extensions["idp"].database.close()
        database.close()
