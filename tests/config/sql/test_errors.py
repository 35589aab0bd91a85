"""What is said of a database that cannot be used: what an operator can mend is named (config/sql/errors.py)."""

import sqlite3

import pytest
from sqlalchemy import create_engine, event, exc, text

from config.sql.errors import DatabaseUnavailable, raise_if_unavailable


def _refuse(engine, statement):
    with pytest.raises(exc.OperationalError) as refused, engine.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(DatabaseUnavailable) as unavailable:
        raise_if_unavailable(refused.value)
    return str(unavailable.value)


@pytest.fixture
def engine(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'data.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE line (words TEXT)"))
    yield engine
    engine.dispose()


def test_a_full_disk_is_named(engine):
    @event.listens_for(engine, "connect")
    def small(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 4")

    engine.dispose()  # what is open has no limit yet
    said = _refuse(engine, "INSERT INTO line VALUES (zeroblob(100000))")
    assert said == "the disk of the database is full"


def test_a_file_that_cannot_be_written_is_named(engine, tmp_path):
    with engine.connect() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
        with pytest.raises(exc.OperationalError) as refused:
            connection.execute(text("INSERT INTO line VALUES ('a')"))
    with pytest.raises(DatabaseUnavailable, match="the file of the database, or its folder, is read-only"):
        raise_if_unavailable(refused.value)


def test_a_file_that_cannot_be_opened_is_named(tmp_path):
    said = _refuse(create_engine(f"sqlite:///{tmp_path / 'none' / 'data.sqlite'}"), "SELECT 1")
    assert said == "the file of the database cannot be opened"
