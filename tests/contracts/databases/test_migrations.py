"""Migrations make the tables the models describe, one process at a time, there and back (config/sql/migrations.py)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, MetaData, inspect, text

from config.sql.database import Database
from config.sql.migrations import Migrations, SchemaTooNew, revision
from enrollment.migrations import MIGRATIONS as ENROLLMENT_MIGRATIONS
from enrollment.migrations.tables import metadata as enrollment_metadata
from idp.migrations import MIGRATIONS
from idp.migrations.tables import metadata as idp_metadata

SERVICES = {
    "idp": (MIGRATIONS, idp_metadata, "account"),
    "enrollment": (ENROLLMENT_MIGRATIONS, enrollment_metadata, "request_part"),
}

SHAPES = {
    "sqlite": "SELECT name, tbl_name, replace(replace(sql, ' ', ''), '\"', '') FROM sqlite_master"
    " WHERE type = 'trigger' ORDER BY 1",
    "postgresql": "SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid), prosrc"
    " FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal ORDER BY 1",
}


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def migrations(service: str) -> Migrations:
    return SERVICES[service][0]


@pytest.fixture
def metadata(service: str) -> MetaData:
    """The tables as the models of the service say."""
    return SERVICES[service][1]()


def rules_of(database):
    with database.reading() as connection:
        return connection.execute(
            text(SHAPES[database.engine.dialect.name].replace("pg_get_triggerdef(oid)", "tgtype"))
        ).all()


def defaults_differ(_context, _inspected, column, inspected_default, _default, rendered_default):
    """PostgreSQL has no = for JSON, which Alembic compares defaults with: there their words are compared."""
    if not isinstance(column.type, JSON):
        return None
    return (inspected_default or "").removesuffix("::json") != rendered_default


def test_what_the_migrations_make_is_what_the_models_say(empty_database, migrations, metadata):
    migrations.migrate(empty_database)
    with empty_database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": defaults_differ}
        )
        assert compare_metadata(context, metadata) == []


@pytest.mark.slow
def test_the_rules_of_the_audit_trail_are_the_same_migrated_or_made_with_the_tables(
    empty_database, migrations, metadata
):
    migrations.migrate(empty_database)
    migrated = rules_of(empty_database)
    migrations.downgrade(empty_database, "base")
    metadata.create_all(empty_database.engine)
    assert rules_of(empty_database) == migrated != []


@pytest.mark.slow
def test_every_step_goes_there_and_back(empty_database, migrations, service):
    steps = [step.revision for step in ScriptDirectory(f"{service}/migrations").walk_revisions()][::-1]
    for step in steps:
        migrations.migrate(empty_database, to=step)
        migrations.downgrade(empty_database, "-1")
        migrations.migrate(empty_database, to=step)
    assert migrations.is_current(empty_database)
    migrations.downgrade(empty_database, "base")
    assert inspect(empty_database.engine).get_table_names() == ["alembic_version"]


@pytest.mark.slow
def test_a_second_time_there_is_nothing_to_do(empty_database, migrations):
    assert not migrations.is_current(empty_database)
    assert migrations.migrate(empty_database)
    assert not migrations.migrate(empty_database)
    assert revision(empty_database) == migrations.newest()


@pytest.mark.slow
def test_two_at_once_make_one(empty_address, migrations):
    def start(_):
        database = Database.at(empty_address)
        try:
            return migrations.migrate(database)
        finally:
            database.close()

    with ThreadPoolExecutor(3) as threads:
        assert sorted(threads.map(start, range(3))) == [False, False, True]


@pytest.mark.slow
def test_a_newer_schema_is_left_alone(empty_database, migrations, service):
    migrations.migrate(empty_database)
    with empty_database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for touch in (migrations.migrate, migrations.is_current, lambda database: migrations.downgrade(database, "base")):
        with pytest.raises(SchemaTooNew, match="9999"):
            touch(empty_database)
    assert SERVICES[service][2] in inspect(empty_database.engine).get_table_names()


@pytest.mark.slow
def test_foreign_keys_hold_after_a_migration(empty_database, migrations):
    migrations.migrate(empty_database)
    if empty_database.is_sqlite:
        with empty_database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
