"""A registry on a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from config.audit import Audit
from config.database import Base, Database
from config.revisions import Revisions
from relying_parties.registry import Registry


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.at(f"sqlite:///{tmp_path / 'registry.sqlite'}")
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, Revisions(database), Audit(database))
