"""The same tests on SQLite and on PostgreSQL: what differs between them is found here."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from config.database import Database
from config.encryption import KeyEncryption
from idp.migrations.tables import metadata
from tests.services_postgresql import PostgreSQL, start_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with start_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite'}"
        return
    with request.getfixturevalue("postgresql").empty_database(f"t{uuid4().hex}") as made:
        yield made


@pytest.fixture
def empty_database(address: str) -> Iterator[Database]:
    database = Database.at(address, threads=4)
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """With every table of the identity provider."""
    metadata().create_all(empty_database.engine)
    return empty_database


@pytest.fixture
def encryption() -> KeyEncryption:
    return KeyEncryption({"first": b"k" * 32})
