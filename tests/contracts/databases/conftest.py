"""The same tests on SQLite and on PostgreSQL: what differs between them is found here."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest

from config.encryption import KeyEncryption
from config.sql.database import Database
from enrollment.migrations import MIGRATIONS as ENROLLMENT_MIGRATIONS
from idp.migrations import MIGRATIONS
from tests.fixtures.services_postgresql import PostgreSQL, start_postgresql

EMPTY = "empty.sqlite"
ON_BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with start_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: PostgreSQL) -> Iterator[str]:
    """The name of a database with every table, to be copied."""
    with postgresql.empty_database("migrated") as address:
        database = Database.at(address)
        MIGRATIONS.migrate(database)
        database.close()
        yield "migrated"


@pytest.fixture(params=ON_BOTH)
def product(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_address(request: pytest.FixtureRequest, product: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a table."""
    if product == "sqlite":
        yield f"sqlite:///{tmp_path / EMPTY}"
        return
    with request.getfixturevalue("postgresql").empty_database(f"t{uuid4().hex}") as made:
        yield made


@pytest.fixture
def address(request: pytest.FixtureRequest, product: str, tmp_path: Path, migrated: Path) -> Iterator[str]:
    """The address of a database with every table, and nothing in them."""
    if product == "sqlite":
        shutil.copy(migrated, tmp_path / "migrated.sqlite")
        yield f"sqlite:///{tmp_path / 'migrated.sqlite'}"
        return
    server, like = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_postgresql")
    with server.empty_database(f"t{uuid4().hex}", like=like) as made:
        yield made


@pytest.fixture
def empty_database(empty_address: str) -> Iterator[Database]:
    database = Database.at(empty_address, threads=4)
    yield database
    database.close()


@pytest.fixture(scope="session")
def sqlite_at(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Files with the tables of a revision and nothing in them, to be copied; each is made once."""
    folder = tmp_path_factory.mktemp("revisions")

    @cache
    def file_at(revision: str) -> Path:
        database = Database.at(f"sqlite:///{folder / revision}")
        MIGRATIONS.migrate(database, to=revision)
        database.close()
        return folder / revision

    return file_at


@pytest.fixture
def database_at(
    product: str, empty_address: str, tmp_path: Path, sqlite_at: Callable[[str], Path]
) -> Iterator[Callable[[str], Database]]:
    """Makes the test's database, with the tables that an earlier version has: those of a revision."""
    with ExitStack() as ended:

        def at(revision: str) -> Database:
            if product == "sqlite":
                shutil.copy(sqlite_at(revision), tmp_path / EMPTY)
            database = Database.at(empty_address, threads=4)
            ended.callback(database.close)
            MIGRATIONS.migrate(database, to=revision)
            return database

        yield at


@pytest.fixture
def database(address: str) -> Iterator[Database]:
    database = Database.at(address, threads=4)
    yield database
    database.close()


@pytest.fixture(scope="session")
def migrated_enrollment_postgresql(postgresql: PostgreSQL) -> Iterator[str]:
    """The name of a database with every table of enrollment, to be copied."""
    with postgresql.empty_database("enrollment") as address:
        database = Database.at(address)
        ENROLLMENT_MIGRATIONS.migrate(database)
        database.close()
        yield "enrollment"


@pytest.fixture
def enrollment_address(
    request: pytest.FixtureRequest, product: str, tmp_path: Path, enrollment_migrated: Path
) -> Iterator[str]:
    """The address of a database with every table of enrollment, and nothing in them."""
    if product == "sqlite":
        shutil.copy(enrollment_migrated, tmp_path / "enrollment.sqlite")
        yield f"sqlite:///{tmp_path / 'enrollment.sqlite'}"
        return
    server, like = request.getfixturevalue("postgresql"), request.getfixturevalue("migrated_enrollment_postgresql")
    with server.empty_database(f"t{uuid4().hex}", like=like) as made:
        yield made


@pytest.fixture
def enrollment_database(enrollment_address: str) -> Iterator[Database]:
    database = Database.at(enrollment_address, threads=4)
    yield database
    database.close()


@pytest.fixture
def encryption() -> KeyEncryption:
    return KeyEncryption({"first": b"k" * 32})
