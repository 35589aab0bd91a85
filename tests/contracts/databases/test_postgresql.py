"""What is set, checked and refused of a PostgreSQL server, and PgBouncer in transaction mode before it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url, select, text

from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.sql import postgresql
from config.sql.database import Database, DatabaseUnavailable, UnfitDatabase
from idp.audit_kinds import IdpAuditKind
from idp.migrations import MIGRATIONS
from tests.fixtures.services_postgresql import pgbouncer

pytestmark = pytest.mark.postgresql

HOSTILE = {
    "timezone": "'Asia/Tokyo'",
    "datestyle": "'SQL, DMY'",
    "standard_conforming_strings": "off",
    "default_transaction_isolation": "serializable",
    "statement_timeout": "0",
    "client_encoding": "latin1",
}
AN_INSTANT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def name(postgresql, migrated_postgresql):
    name = f"t{uuid4().hex}"
    with postgresql.empty_database(name, like=migrated_postgresql):
        yield name


@pytest.fixture
def direct(postgresql, name):
    database = Database.at(postgresql.address(name), threads=4)
    yield database
    database.close()


@pytest.fixture
def bouncer(postgresql):
    with pgbouncer(postgresql) as folder:
        yield folder


def behind(folder: Path, name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={folder}"


@pytest.fixture
def pooled(bouncer, name):
    database = Database.at(behind(bouncer, name), threads=4)
    yield database
    database.close()


def shown(connection, setting):
    return connection.exec_driver_sql(f"SHOW {setting}").scalar_one()


def hostile(postgresql, name, **settings):
    for setting, value in settings.items():
        postgresql.say(f'ALTER DATABASE "{name}" SET {setting} = {value}')


def test_a_session_is_set_whatever_the_server_s_defaults(postgresql, name):
    hostile(postgresql, name, **HOSTILE)
    database = Database.at(postgresql.address(name))
    with database.reading() as connection:
        told = {setting: shown(connection, setting) for setting in HOSTILE}
    assert told == {
        "timezone": "UTC",
        "datestyle": "ISO, YMD",
        "standard_conforming_strings": "on",
        "default_transaction_isolation": "read committed",
        "statement_timeout": "15s",
        "client_encoding": "UTF8",
    }
    database.close()


def test_a_database_of_another_encoding_is_refused_in_a_sentence(postgresql):
    postgresql.say("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    database = Database.at(postgresql.address("latin"))
    with pytest.raises(UnfitDatabase, match=r"encoding of the database is LATIN1, but only UTF8.*create it with"):
        MIGRATIONS.migrate(database)
    with pytest.raises(UnfitDatabase), database.reading():
        pass
    with pytest.raises(UnfitDatabase):
        database.write("SELECT 1", ())
    database.close()
    postgresql.say("DROP DATABASE latin WITH (FORCE)")


def test_a_database_made_read_only_is_away_and_found_again(postgresql, name, direct):
    """As hosters do when a disk is full: the connections that are there must be left too."""
    Audit(direct).record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_REFUSED))
    hostile(postgresql, name, default_transaction_read_only="on")
    with direct.reading() as connection:  # a session that is there already
        connection.exec_driver_sql("SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable):
        Audit(direct).record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_REFUSED))
    with pytest.raises(DatabaseUnavailable), direct.reading():
        pass
    with pytest.raises(DatabaseUnavailable):
        direct.check_writable()
    postgresql.say(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    direct.check_writable()
    Audit(direct).record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_REFUSED))


def test_a_transaction_on_a_session_that_only_reads_is_away_and_the_next_is_not(direct):
    with direct.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable), direct.transaction() as session:
        session.add(AuditEvent(at=AN_INSTANT, kind="login.refused", detail="{}"))
    with direct.transaction() as session:
        session.add(AuditEvent(at=AN_INSTANT, kind="login.refused", detail="{}"))


def test_what_the_address_says_of_a_connection_is_left_as_it_is():
    url = make_url("postgresql+psycopg://p@/n?host=a&host=b:5433&connect_timeout=9&target_session_attrs=any")
    given = postgresql.connect_arguments(url)
    assert "connect_timeout" not in given
    assert "target_session_attrs" not in given
    assert postgresql.connect_arguments(make_url("postgresql+psycopg://p@/n"))["target_session_attrs"] == "read-write"


# --- behind PgBouncer, a transaction at a time ---------------------------------------------------


def test_a_direct_connection_is_not_taken_for_a_pooler(direct):
    with direct.reading() as connection:
        assert connection.info[postgresql.POOLED] is False
        assert connection.connection.dbapi_connection.prepare_threshold is not None


def test_many_at_once_lose_nothing_behind_a_pooler(pooled):
    """Prepared statements of one session are not there in the next: psycopg prepares at the fifth time."""

    def one(number: int) -> int:
        for _ in range(12):
            with pooled.transaction() as session:
                session.add(AuditEvent(at=AN_INSTANT, kind="login.refused", detail=f'{{"n": {number}}}'))
            with pooled.reading() as connection:
                read = connection.execute(select(AuditEvent.at).limit(1)).scalar_one()
                assert (read, read.tzinfo) == (AN_INSTANT, UTC)
            Audit(pooled).record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_REFUSED))
        return number

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(one, range(8))) == list(range(8))
    with pooled.reading() as connection:
        count = connection.exec_driver_sql("SELECT count(*) FROM audit_event").scalar_one()
    assert count == 8 * 24


def test_the_limits_of_time_hold_in_a_transaction_and_stay_in_it(pooled, bouncer, name):
    with pooled.transaction() as session:
        limits = {limit: session.scalar(text(f"SHOW {limit}")) for limit in postgresql.LIMITS}
    assert limits == postgresql.LIMITS
    other = Database.at(behind(bouncer, name))
    with other.reading() as connection:  # another client of the pooler, on a session that we have had
        assert shown(connection, "statement_timeout") == "0"
    other.close()


def test_an_instant_is_the_same_whatever_the_sessions_of_the_server_speak(postgresql, name, bouncer):
    hostile(postgresql, name, timezone="'Asia/Tokyo'", datestyle="'SQL, DMY'", standard_conforming_strings="off")
    database = Database.at(behind(bouncer, name), threads=4)
    with database.transaction() as session:
        session.add(AuditEvent(at=AN_INSTANT, kind="login.refused", detail="{}"))

    def read(_: int) -> tuple[datetime, str, str]:
        with database.reading() as connection:
            at = connection.execute(select(AuditEvent.at)).scalar_one()
            return at, shown(connection, "timezone"), shown(connection, "standard_conforming_strings")

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(read, range(64))) == {(AN_INSTANT, "UTC", "on")}
    database.close()


def test_an_isolation_that_a_pooler_does_not_let_us_set_is_refused_in_a_sentence(postgresql, name, bouncer):
    hostile(postgresql, name, default_transaction_isolation="serializable")
    database = Database.at(behind(bouncer, name))
    with pytest.raises(UnfitDatabase, match="ALTER ROLE"):
        MIGRATIONS.migrate(database)
    database.close()


def test_the_tables_are_made_behind_a_pooler(postgresql, bouncer):
    with postgresql.empty_database("behind"):
        database = Database.at(behind(bouncer, "behind"))
        assert MIGRATIONS.migrate(database)
        assert not MIGRATIONS.migrate(database)
        database.close()
