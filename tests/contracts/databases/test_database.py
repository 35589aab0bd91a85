"""What reading and transaction promise (config/sql/database.py)."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Event

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, StatementError

from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.sql.database import Database, DatabaseUnavailable
from config.sql.versioned_cache import Revision, Revisions, VersionedCache, bump, its_key
from idp.audit_kinds import IdpAuditKind

AN_INSTANT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def written_at(database, at):
    with database.transaction() as session:
        session.add(AuditEvent(at=at, kind="login.succeeded", detail="{}"))
    with database.reading() as connection:
        return connection.execute(select(AuditEvent.at)).scalar_one()


def test_an_instant_comes_back_to_the_microsecond_and_in_utc(database):
    read = written_at(database, AN_INSTANT.astimezone(timezone(timedelta(hours=2))))
    assert (read, read.tzinfo) == (AN_INSTANT, UTC)


def test_a_datetime_without_a_zone_is_refused(database):
    with pytest.raises(StatementError, match="has no time zone"):
        written_at(database, AN_INSTANT.replace(tzinfo=None))


def test_a_transaction_is_kept_whole_or_not_at_all(database):
    def two_lines_of_one_name():
        with database.transaction() as session:
            bump(session, "accounts")
            session.add(Revision(name="registry", number=1))
            session.flush()
            session.add(Revision(name="accounts", number=1))

    with pytest.raises(IntegrityError):
        two_lines_of_one_name()
    with database.reading() as connection:
        assert connection.execute(select(Revision.name)).all() == []


def test_writers_who_read_first_lose_nothing(database):
    """A read before a write must not fail because another has written in between."""
    with database.transaction() as session:
        session.add(Revision(name="counted", number=0))

    def add_one(_):
        with database.transaction() as session:
            row = session.scalars(select(Revision).where(Revision.name == "counted").with_for_update()).one()
            row.number += 1

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(add_one, range(40)))
    assert Revisions(database).number("counted") == 40


def test_a_wrong_statement_is_our_fault_and_not_the_databases(database):
    with pytest.raises((OperationalError, ProgrammingError)), database.reading() as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")


def test_a_statement_given_to_the_driver_fails_as_any_other(database):
    with pytest.raises((OperationalError, ProgrammingError)):
        database.write("INSERT INTO no_such_table VALUES (1)", ())
    database.write("INSERT INTO revision (name, number) VALUES ('accounts', 1)", ())
    with pytest.raises(IntegrityError):
        database.write("INSERT INTO revision (name, number) VALUES ('accounts', 2)", ())
    assert Revisions(database).number("accounts") == 1


def test_a_statement_given_to_the_driver_is_written_by_a_forked_process_too(database):
    """Each on a connection of its own, and the parent's is as it was."""
    add = "INSERT INTO revision (name, number) VALUES ('%s', 1)"
    database.write(add % "parent", ())
    child = os.fork()
    if child == 0:
        try:
            database.write(add % "child", ())
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    database.write(add % "parent again", ())
    with database.reading() as connection:
        names = connection.execute(select(Revision.name)).scalars().all()
    assert sorted(names) == ["child", "parent", "parent again"]


@pytest.mark.postgresql
def test_a_server_that_restarted_is_not_noticed(postgresql):
    database = Database.at(postgresql.address())
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    database.write("SELECT 1", ())
    postgresql.restart()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    database.write("SELECT 1", ())
    database.close()


@pytest.mark.postgresql
def test_a_server_that_is_away_is_said_so_and_found_again(postgresql):
    database = Database.at(postgresql.address())
    with database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    postgresql.stop()
    with pytest.raises(DatabaseUnavailable), database.reading():
        pass
    with pytest.raises(DatabaseUnavailable), database.transaction() as session:
        session.execute(select(1))
    with pytest.raises(DatabaseUnavailable):
        Audit(database).record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_REFUSED))
    postgresql.start()
    with database.transaction() as session:
        assert session.scalar(select(1)) == 1
    database.close()


def test_a_change_is_seen_by_another_node_within_a_second(database, address):
    other = Database.at(address)
    here, there = Revisions(database), Revisions(other, checked_every=timedelta(0))
    remembered = VersionedCache(there, "accounts", lambda key: (key, here.number("accounts")), size=10)
    before = remembered.get("jeanne")
    with database.transaction() as session:
        bump(session, "accounts")
    assert remembered.get("jeanne") != before
    other.close()


def test_the_writer_sees_its_own_change_at_once(database):
    revisions = Revisions(database, checked_every=timedelta(hours=1))
    assert revisions.number("registry") == 0
    for expected in (1, 2):
        with database.transaction() as session:
            bump(session, "registry")
        assert revisions.number("registry") == expected


def test_a_change_that_is_rolled_back_has_not_happened(database):
    def change_and_fail():
        with database.transaction() as session:
            bump(session, "registry")
            session.execute(text("SELECT * FROM no_such_table"))

    with pytest.raises((OperationalError, ProgrammingError)):
        change_and_fail()
    assert Revisions(database).number("registry") == 0


@pytest.mark.slow
def test_nobody_is_served_what_was_committed_over_before_they_asked(database, address):
    """Writers commit in any order; a worker that has seen a number has forgotten what the changes up to it concern."""
    keys = [f"n{number}" for number in range(6)]
    with database.transaction() as session:
        session.add_all([Revision(name=key, number=0) for key in keys])
    other = Database.at(address, threads=4)
    revisions = Revisions(other, checked_every=timedelta(0))

    def load(key):
        with other.reading() as connection:
            return 1 + connection.execute(select(Revision.number).where(Revision.name == key)).scalar_one()

    remembered = VersionedCache(revisions, "accounts", load, size=10, concerned_as=its_key)
    committed = dict.fromkeys(keys, 1)
    over = Event()

    def write(which):
        for step in range(30):
            key = keys[(which + step) % len(keys)] if step % 3 else keys[which]
            with database.transaction() as session:
                row = session.scalars(select(Revision).where(Revision.name == key).with_for_update()).one()
                row.number += 1
                session.flush()
                bump(session, "accounts", key)
                written = row.number + 1
            committed[key] = max(committed[key], written)

    def read(_):
        while not over.is_set():
            for key in keys:
                least = committed[key]
                assert remembered.get(key) >= least
        return True

    with ThreadPoolExecutor(5) as threads:
        reading = [threads.submit(read, number) for number in range(2)]
        for writing in [threads.submit(write, number) for number in range(3)]:
            writing.result()
        over.set()
        assert all(each.result() for each in reading)
    assert {key: remembered.get(key) for key in keys} == {key: load(key) for key in keys}
    assert sum(committed.values()) == 96
    other.close()


# --- the connections of reads ----------------------------------------------------------------


def its_connection(database):
    with database.reading() as connection:
        return connection.connection.dbapi_connection


def test_a_read_that_failed_gives_its_connection_back(database):
    for _ in range(20):
        with pytest.raises((OperationalError, ProgrammingError)), database.reading() as connection:
            connection.exec_driver_sql("SELECT * FROM no_such_table")
    assert database.engine.pool.checkedout() == 0
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def advanced(database, name):
    with database.transaction() as session:
        bump(session, name)


def test_a_connection_given_back_holds_nothing_and_sees_what_is_written_meanwhile(database, address):
    """No transaction: SQLite could not shorten its log, PostgreSQL could not tidy up behind it."""
    with database.transaction() as session:
        session.add_all([Revision(name=f"n{number}", number=1) for number in range(50)])
    with database.reading() as connection:
        assert connection.execute(select(Revision.name)).first()
    writer = Database.at(address)
    advanced(writer, "written meanwhile")
    with database.reading() as connection:
        assert connection.execute(select(Revision).where(Revision.name == "written meanwhile")).first()
    if database.is_sqlite:
        with writer.reading() as connection:
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        assert busy == 0
    else:
        with writer.reading() as connection:
            states = connection.exec_driver_sql("SELECT state FROM pg_stat_activity WHERE datname = current_database()")
            assert "idle in transaction" not in states.scalars().all()
    writer.close()


def test_nobody_reads_in_a_transaction_that_another_left_open(database):
    """It would see that other's moment for ever."""
    with database.reading() as connection:
        connection.exec_driver_sql("BEGIN")
        assert connection.execute(select(Revision.name)).first() is None
    advanced(database, "written since")
    with database.reading() as connection:
        assert connection.execute(select(Revision.name)).scalar_one() == "written since"


def test_a_forked_process_reads_by_a_connection_of_its_own(database):
    its_connection(database)
    child = os.fork()
    if child == 0:
        try:
            with database.reading() as connection:
                connection.exec_driver_sql("SELECT 1").scalar_one()
            database.close()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_threads_that_read_at_once_have_one_each(database):
    inside, together = [], Barrier(4)

    def read(_: int) -> None:
        with database.reading() as connection:
            inside.append(id(connection))
            together.wait(10)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(read, range(4)))
    assert len(set(inside)) == 4
