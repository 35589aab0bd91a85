"""Two small services, a directory and a diary, made of `config` alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from flask import Flask, Response
from jinja2 import DictLoader
from sqlalchemy import Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from config.audit.trail import Audit
from config.audit.vocabulary import AuditKind, TrailAuditKind
from config.common_settings import CommonSettings
from config.encryption import KeyEncryption
from config.jobs import Jobs
from config.redis.embedded import redis_for_a_command
from config.redis.store import RecordKind, Store
from config.settings_reader import setting
from config.shared_tables import SharedBase
from config.sql.database import Database
from config.sql.declarative import COLUMN_TYPES, all_tables, new_metadata
from config.sql.migrations import Migrations
from config.web.application import WebApplication
from config.web.frame import Frame, NavigationLink, SignedIn
from config.web.pages import Page, render
from config.web.web_app import WebShell

PAGE = (
    '{% extends "layout.html" %}{% block title %}Accueil{% endblock %}{% block content %}<h1>Accueil</h1>{% endblock %}'
)

ENVIRONMENT = """
from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
"""

FIRST_MIGRATION = """
from alembic import op

from tests.config import two_services

revision, down_revision = "{service}_1", None


def upgrade():
    two_services.{tables}.create_all(op.get_bind())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectorySettings(CommonSettings):
    environment_prefix: ClassVar[str] = "DIRECTORY_"

    address: str = setting("http://localhost:8500", group="Directory", doc="Where it is.")
    entries_on_a_page: int = setting(20, group="Directory", doc="How many.")

    @property
    def origin(self) -> str:
        return self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class DiarySettings(CommonSettings):
    environment_prefix: ClassVar[str] = "DIARY_"

    @property
    def origin(self) -> str:
        return "http://localhost:8600"


class DirectoryBase(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


class DiaryBase(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


class Entry(DirectoryBase):
    __tablename__ = "entry"

    name: Mapped[str] = mapped_column(Text, primary_key=True)


class DiaryEntry(DiaryBase):
    """A table of the same name, of another shape: the services do not share a base."""

    __tablename__ = "entry"

    day: Mapped[str] = mapped_column(Text, primary_key=True)


DIRECTORY_TABLES = all_tables(SharedBase, DirectoryBase)
DIARY_TABLES = all_tables(SharedBase, DiaryBase)


class DirectoryAuditKind(AuditKind):
    ENTRY_ADDED = "entry.added"


class DiaryAuditKind(AuditKind):
    ENTRY_ADDED = "entry.added"
    DAY_CLOSED = "day.closed"


class DirectoryRecord(RecordKind):
    DRAFT = "draft"


class DiaryRecord(RecordKind):
    DRAFT = "draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Page):
    template: ClassVar[str] = "home.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One of the two, running."""

    settings: CommonSettings
    migrations: Migrations
    database: Database
    audit: Audit
    vocabulary: tuple[AuditKind, ...]
    store: Store
    jobs: Jobs
    app: Flask


def directory_frame() -> Frame:
    return Frame(
        navigation=(
            NavigationLink(label="Annuaire", address="/", is_current=True),
            NavigationLink(label="Demandes", address="/requests"),
        ),
        signed_in=SignedIn(name="Jeanne <Dupont>", sign_out="/logout"),
    )


@contextmanager
def running_directory(folder: Path) -> Iterator[Service]:
    settings = DirectorySettings.load(environment=development("DIRECTORY", folder))
    vocabulary = (*DirectoryAuditKind, *TrailAuditKind)
    shell = WebShell(settings, service="directory", service_name="Annuaire régional", frame=directory_frame)
    with _running(settings, folder, "directory", "DIRECTORY_TABLES", vocabulary, shell) as service:
        yield service


@contextmanager
def running_diary(folder: Path) -> Iterator[Service]:
    settings = DiarySettings.load(environment=development("DIARY", folder))
    vocabulary = (*DiaryAuditKind, *TrailAuditKind)
    with _running(
        settings, folder, "diary", "DIARY_TABLES", vocabulary, WebShell(settings, service="diary")
    ) as service:
        yield service


def development(prefix: str, folder: Path) -> dict[str, str]:
    """The variables of a service on a developer's machine."""
    given = {"environment": "development", "mail_transport": "folder", "data_folder": str(folder)}
    return {f"{prefix}_{name.upper()}": value for name, value in given.items()}


@contextmanager
def _running(
    settings: CommonSettings, folder: Path, name: str, tables: str, vocabulary: tuple[AuditKind, ...], shell: WebShell
) -> Iterator[Service]:
    migrations = Migrations(str(_written_migrations(folder, name, tables)))
    app = WebApplication(name, static_folder=None)
    shell.init_app(app)
    app.jinja_loader = DictLoader({"home.html": PAGE})

    @app.get("/")
    def home() -> Response:
        return render(HomePage())

    database = Database.of(app, settings)
    migrations.migrate(database)
    with redis_for_a_command(settings):
        store = Store.of(settings)
        yield Service(
            settings=settings,
            migrations=migrations,
            database=database,
            audit=Audit(database),
            vocabulary=vocabulary,
            store=store,
            jobs=Jobs(database, store, KeyEncryption.of(settings)),
            app=app,
        )
        database.close()


def _written_migrations(folder: Path, service: str, tables: str) -> Path:
    migrations = folder / "migrations"
    (migrations / "versions").mkdir(parents=True)
    (migrations / "env.py").write_text(ENVIRONMENT, encoding="utf-8")
    first = FIRST_MIGRATION.format(service=service, tables=tables)
    (migrations / "versions/first.py").write_text(first, encoding="utf-8")
    return migrations
