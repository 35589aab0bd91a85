"""Enrollment under test: the whole WSGI application, and its operator.

Its parts are made apart from the application's, as commands are: what they do is
seen by the application only as another process's acts are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage

from flask import Flask
from sqlalchemy import select

from config.audit.trail import AuditEvent
from config.sql.database import Database
from enrollment.app import create_app
from enrollment.container import Services
from enrollment.settings import EnrollmentSettings
from tests.actors.browser import Browser
from tests.letters import letters_of


@dataclass(slots=True, kw_only=True)
class Enrollment:
    """A worker of enrollment, with its operator."""

    app: Flask
    services: Services

    @property
    def settings(self) -> EnrollmentSettings:
        return self.services.settings

    @property
    def address(self) -> str:
        return self.settings.address

    def a_browser(self, *, address: str = "192.0.2.7", languages: str = "fr") -> Browser:
        return Browser({self.address: self.app.wsgi_app}, address=address, languages=languages)

    def letters(self) -> list[EmailMessage]:
        """Every letter sent so far, oldest first, once the jobs that are due have run."""
        self.services.jobs.run_due()
        return letters_of(self.settings.data_folder)

    def trail(self) -> list[str]:
        """The kinds of the audit lines, oldest first."""
        with self.services.database.reading() as connection:
            return list(connection.scalars(select(AuditEvent.kind).order_by(AuditEvent.id)))


@contextmanager
def running(settings: EnrollmentSettings) -> Iterator[Enrollment]:
    """A worker over stores that have what they need."""
    app = create_app(settings)
    database = Database.open(settings)
    try:
        yield Enrollment(app=app, services=Services.of(settings, database))
    finally:
        app.extensions["enrollment"].database.close()
        database.close()
