"""A registry on a database of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config.audit.trail import Audit
from config.sql.database import Database
from config.sql.declarative import SharedBase, all_tables
from config.sql.versioned_cache import Revisions
from relying_parties.registry.declarative_base import Base
from relying_parties.registry.registry import Registry
from tests.fixtures.services_postgresql import PostgreSQL, start_postgresql


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.at(f"sqlite:///{tmp_path / 'registry.sqlite'}")
    all_tables(SharedBase, Base).create_all(database.engine)
    yield database
    database.close()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with start_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def every_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with ExitStack() as running:
        if request.param == "sqlite":
            address = f"sqlite:///{tmp_path / 'registry.sqlite'}"
        else:
            address = running.enter_context(request.getfixturevalue("postgresql").empty_database("registry"))
        database = Database.at(address, threads=4)
        running.callback(database.close)
        all_tables(SharedBase, Base).create_all(database.engine)
        yield database


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, Revisions(database), Audit(database))
