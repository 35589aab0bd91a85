"""A database with its tables, copied from one made once, and the parts that have to do with accounts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.database import Base, Database
from config.settings import Settings
from config.store import Store
from idp.accounts.accounts import Standing
from tests.builders_accounts import AccountParts, account_parts


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("tables") / "tables.sqlite"
    made = Database.at(f"sqlite:///{file}")
    Base.metadata.create_all(made.engine)
    made.close()
    return file


@pytest.fixture
def database(tables: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(tables, tmp_path / "poterne.sqlite")
    copied = Database.at(f"sqlite:///{tmp_path / 'poterne.sqlite'}", threads=8)
    yield copied
    copied.close()


@pytest.fixture
def parts(settings: Settings, database: Database, store: Store) -> AccountParts:
    return account_parts(settings, database, store)


@pytest.fixture
def jeanne(parts: AccountParts) -> Standing:
    return parts.opens()
