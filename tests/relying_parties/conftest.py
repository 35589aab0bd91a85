"""A registry on a database of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from config.audit.trail import Audit
from config.sql.database import Database
from config.sql.declarative import SharedBase, all_tables
from config.sql.versioned_cache import Revisions
from relying_parties.registry.declarative_base import Base
from relying_parties.registry.registry import Registry
from tests.fixtures.services_postgresql import PostgreSQL, start_postgresql


@pytest.fixture(scope="session")
def registry_tables() -> MetaData:
    return all_tables(SharedBase, Base)


@pytest.fixture(scope="session")
def empty_registry(registry_tables: MetaData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables of a registry and nothing in them, to be copied."""
    file = tmp_path_factory.mktemp("registry") / "empty.sqlite"
    database = Database.at(f"sqlite:///{file}")
    registry_tables.create_all(database.engine)
    database.close()
    return file


@pytest.fixture
def database(empty_registry: Path, tmp_path: Path) -> Iterator[Database]:
    file = shutil.copy(empty_registry, tmp_path / "registry.sqlite")
    database = Database.at(f"sqlite:///{file}", threads=4)
    yield database
    database.close()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with start_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def every_database(request: pytest.FixtureRequest, registry_tables: MetaData) -> Iterator[Database]:
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    with request.getfixturevalue("postgresql").empty_database("registry") as address:
        database = Database.at(address, threads=4)
        registry_tables.create_all(database.engine)
        yield database
        database.close()


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, Revisions(database), Audit(database))
