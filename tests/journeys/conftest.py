"""Journeys run on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from config.encryption import DEVELOPMENT_FILE
from config.redis.connection import socket_url
from config.settings_reader import read
from config.sql.database import Database
from idp.migrations import MIGRATIONS
from idp.settings import Settings
from tests.conftest import DEVELOPMENT
from tests.fixtures.idp import Furnished, furnish
from tests.fixtures.idp import furnished as furnished_sqlite
from tests.fixtures.idp import stocked as stocked_sqlite
from tests.fixtures.services_postgresql import PostgreSQL, start_postgresql

__all__ = ["furnished_sqlite", "stocked_sqlite"]

ON_BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
LIKE = "furnished"


@pytest.fixture(params=ON_BOTH)
def product(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with start_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def furnished_postgresql(
    postgresql: PostgreSQL, redis_socket: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    folder = tmp_path_factory.mktemp("furnished-postgresql")
    with postgresql.empty_database(LIKE) as address:
        database = Database.at(address)
        MIGRATIONS.migrate(database)
        database.close()
        given = {"data_folder": str(folder), "redis_url": socket_url(redis_socket), "database_url": address}
        yield furnish(read(Settings, file=None, variables={}, given=DEVELOPMENT | given))


@pytest.fixture
def furnished(request: pytest.FixtureRequest, product: str) -> Furnished:
    found: Furnished = request.getfixturevalue(f"furnished_{product}")
    return found


@pytest.fixture
def stocked(
    request: pytest.FixtureRequest, product: str, settings: Settings, furnished: Furnished
) -> Iterator[Settings]:
    if product == "sqlite":
        yield request.getfixturevalue("stocked_sqlite")
        return
    shutil.copy(furnished.folder / DEVELOPMENT_FILE, settings.data_folder / DEVELOPMENT_FILE)
    with request.getfixturevalue("postgresql").empty_database(f"t{uuid4().hex}", like=LIKE) as address:
        yield replace(settings, database_url=address)
