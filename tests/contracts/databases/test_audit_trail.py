"""The audit trail is append-only, sealed, and tells when a row was changed (config/audit)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import sleep

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

import config.audit.chain
import config.audit.verification
from config.audit.chain import DerivedSeals, TrailBroken, seal
from config.audit.erasure import AuditErasure, erase_personal, lines_to_erase, lines_to_prune, prune
from config.audit.trail import Audit, AuditEntry, AuditEvent
from config.audit.triggers import postgresql_rules, sqlite_rules
from config.audit.verification import Broken, Intact, verify
from config.audit.vocabulary import TrailAuditKind
from config.encryption import KeyEncryption
from idp.audit_kinds import IdpAuditKind
from tests.builders.operators import OPERATOR

FAR = datetime(2100, 1, 1, tzinfo=UTC)
EMPTY = (None, None, None, None)
EMPTYING = "UPDATE audit_event SET login = NULL, address = NULL, agent = NULL, salt = NULL"
WITHOUT_RECORD = "the login, address and agent were erased without a signed record"


def a_line(number=0):
    return AuditEntry(
        kind=IdpAuditKind.LOGIN_REFUSED, account=f"account-{number}", login=f"jdupont{number}",
        address="192.0.2.7", agent="Firefox", detail={"reason": "wrong password"},
    )  # fmt: skip


@pytest.fixture
def audit(database):
    return Audit(database)


@pytest.fixture
def seals(encryption):
    return DerivedSeals(encryption)


@pytest.fixture
def trail(database, audit, seals, monkeypatch):
    """Seven lines in three checkpoints."""
    monkeypatch.setattr(config.audit.chain, "LINES_A_BATCH", 3)
    monkeypatch.setattr(config.audit.verification, "LINES_A_BATCH", 3)
    for number in range(7):
        audit.record_durably(a_line(number))
    assert seal(database, seals) == 7
    return audit


def meddles(database, *statements):
    """What a database administrator can do: take the rules away, and write."""
    with database.transaction() as session:
        connection = session.connection()
        if database.is_sqlite:
            for name in sqlite_rules():
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        else:
            for table in postgresql_rules():
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_a_trail_that_nobody_touched_is_intact(database, trail, seals):
    trail.record_durably(a_line())
    assert verify(database, seals) == Intact(
        lines=7, unsealed=1, last_position=7, last_digest=verify(database, seals).last_digest
    )


def test_an_empty_trail_is_intact(database, seals):
    assert isinstance(verify(database, seals), Intact)
    assert seal(database, seals) == 0


@pytest.mark.parametrize("column", ["kind", "account", "application", "actor", "detail", "login", "address", "agent"])
def test_an_altered_line_is_found(database, trail, seals, column):
    meddles(database, f"UPDATE audit_event SET {column} = 'another person' WHERE position = 4")  # noqa: S608
    assert verify(database, seals).position == 4


@pytest.mark.parametrize("position", [1, 4, 6, 7])
def test_a_removed_line_is_found(database, trail, seals, position):
    meddles(database, f"DELETE FROM audit_event WHERE position = {position}")  # noqa: S608
    assert verify(database, seals).position == position


def test_lines_that_changed_places_are_found(database, trail, seals):
    meddles(
        database,
        "UPDATE audit_event SET position = 99 WHERE position = 2",
        "UPDATE audit_event SET position = 2 WHERE position = 3",
        "UPDATE audit_event SET position = 3 WHERE position = 99",
    )
    assert verify(database, seals).position == 2


def test_a_line_put_in_is_found(database, trail, seals):
    columns = "at, kind, detail, personal, digest"
    meddles(
        database,
        f"INSERT INTO audit_event (position, {columns}) SELECT 8, {columns} FROM audit_event WHERE position = 7",  # noqa: S608
    )
    assert verify(database, seals).position == 8


def test_an_end_that_was_cut_off_is_found_by_a_checkpoint_kept_elsewhere(database, trail, seals):
    known = verify(database, seals)
    meddles(
        database,
        "DELETE FROM audit_event WHERE position = 7",
        "DELETE FROM audit_checkpoint WHERE position = 7",
    )
    assert isinstance(verify(database, seals), Intact)
    assert isinstance(verify(database, seals, kept=(known.last_position, known.last_digest)), Broken)


def test_a_chain_made_anew_does_not_bear_our_signature(database, trail, seals):
    stranger = DerivedSeals(KeyEncryption({"first": b"?" * 32}))
    meddles(
        database,
        "DELETE FROM audit_checkpoint",
        "UPDATE audit_event SET position = NULL, digest = NULL, personal = NULL, salt = NULL, account = 'another'",
    )
    seal(database, stranger)
    assert isinstance(verify(database, stranger), Intact)
    assert verify(database, seals) == Broken(position=3, why="the checkpoint's signature is not ours")


def test_nothing_is_sealed_on_top_of_a_forged_checkpoint(database, trail, seals):
    meddles(database, "UPDATE audit_checkpoint SET digest = 'f0f0' WHERE position = 7")
    trail.record_durably(a_line())
    with pytest.raises(TrailBroken):
        seal(database, seals)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET account = 'another' WHERE position = 2",
        "UPDATE audit_event SET login = 'another' WHERE position = 2",
        "UPDATE audit_event SET digest = 'another' WHERE position = 2",
        "UPDATE audit_event SET position = 12 WHERE position = 2",
        "UPDATE audit_event SET position = NULL WHERE position = 2",
        "DELETE FROM audit_event WHERE position = 2",
        "DELETE FROM audit_event WHERE position IS NULL",
        "UPDATE audit_event SET login = NULL WHERE position IS NULL",
        EMPTYING,
        EMPTYING + " WHERE position = 2",
        "UPDATE audit_event SET salt = NULL WHERE position = 2",
        "UPDATE audit_checkpoint SET digest = 'another'",
        "DELETE FROM audit_checkpoint",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(database, trail, statement):
    trail.record_durably(a_line())
    with pytest.raises(IntegrityError, match="audit trail"), database.transaction() as session:
        session.connection().exec_driver_sql(statement)


@pytest.mark.postgresql
def test_the_trail_is_not_truncated(database, trail):
    if database.is_sqlite:
        return
    with pytest.raises(IntegrityError, match="audit trail"), database.transaction() as session:
        session.connection().exec_driver_sql("TRUNCATE audit_event")


def personal(database):
    """The personal columns of the sealed lines, by position."""
    columns = (AuditEvent.login, AuditEvent.address, AuditEvent.agent, AuditEvent.salt)
    query = select(*columns).where(AuditEvent.position.is_not(None)).order_by(AuditEvent.position)
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_erasing_who_it_was_leaves_the_chain_whole(database, trail, seals):
    assert lines_to_erase(database, before=FAR).lines == 7
    assert erase_personal(database, seals, before=FAR, actor=OPERATOR) == 7
    assert set(personal(database)) == {EMPTY}
    assert isinstance(verify(database, seals), Intact)
    assert lines_to_erase(database, before=FAR).lines == 0


def test_lines_out_of_order_are_erased_and_signed_as_they_are(database, audit, seals):
    """Two nodes' clocks differ: what is older than the instant is erased, and nothing else."""
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    for hours in (1, 2, 5, 3, 6, 4):
        with time_machine.travel(noon + timedelta(hours=hours), tick=False):
            audit.record_durably(a_line(hours))
    seal(database, seals)

    assert erase_personal(database, seals, before=noon + timedelta(hours=4, minutes=30), actor=OPERATOR) == 4

    assert [row == EMPTY for row in personal(database)] == [True, True, False, True, False, True]
    with database.reading() as connection:
        runs = connection.execute(select(AuditErasure.first, AuditErasure.last).order_by(AuditErasure.first)).all()
    assert [tuple(run) for run in runs] == [(1, 2), (4, 4), (6, 6)]
    assert isinstance(verify(database, seals), Intact)


@pytest.mark.parametrize("where", ["", " WHERE position = 4", " WHERE position > 5"])
def test_personal_columns_emptied_by_somebody_else_are_found(database, trail, seals, where):
    meddles(database, EMPTYING + where)
    broken = verify(database, seals)
    assert (broken.position, broken.why) == ({"": 1, " WHERE position = 4": 4}.get(where, 6), WITHOUT_RECORD)


def test_more_than_what_was_erased_is_found(database, trail, seals):
    with database.reading() as connection:
        fifth = connection.execute(select(AuditEvent.at).where(AuditEvent.position == 5)).scalar_one()
    assert erase_personal(database, seals, before=fifth, actor=OPERATOR) == 4
    assert isinstance(verify(database, seals), Intact)
    meddles(database, EMPTYING + " WHERE position = 5")
    assert verify(database, seals) == Broken(position=5, why=WITHOUT_RECORD)


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("DELETE FROM audit_erasure", 1),
        ("UPDATE audit_erasure SET last = 7", 1),
        ("UPDATE audit_erasure SET first = 2", 2),
        ("UPDATE audit_erasure SET signature = 'no base64, and not ours'", 1),
        ("INSERT INTO audit_erasure SELECT 5, 7, digest, at, kid, signature FROM audit_erasure", 5),
    ],
)
def test_a_record_of_an_erasure_cannot_be_forged_stretched_or_lost(database, trail, seals, statement, position):
    with database.reading() as connection:
        fourth = connection.execute(select(AuditEvent.at).where(AuditEvent.position == 4)).scalar_one()
    erase_personal(database, seals, before=fourth, actor=OPERATOR)
    meddles(database, statement)
    assert verify(database, seals).position == position


def test_a_line_that_says_that_there_was_an_erasure_is_no_record(database, trail, seals):
    """Anybody who can write in the database can put such a line in, and have it sealed."""
    said = AuditEntry(kind=TrailAuditKind.AUDIT_ERASED, detail={"lines": 7, "before": FAR.isoformat()})
    trail.record_durably(said)
    seal(database, seals)
    meddles(database, EMPTYING + " WHERE position <= 7")
    assert verify(database, seals) == Broken(position=1, why=WITHOUT_RECORD)


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM audit_event", "DELETE FROM audit_checkpoint"),
        ("DELETE FROM audit_event", "DELETE FROM audit_checkpoint", "DELETE FROM audit_erasure"),
    ],
)
def test_a_trail_that_was_emptied_is_found(database, trail, seals, statements):
    kept = verify(database, seals)
    meddles(database, *statements)
    assert verify(database, seals) == Broken(
        position=1, why="the trail is empty, although entries were numbered up to 7"
    )
    trail.record_durably(a_line())  # and goes on as if nothing had been
    seal(database, seals)
    found = verify(database, seals, kept=(kept.last_position, kept.last_digest))
    assert found == Broken(position=2, why="entries that a checkpoint covers are missing")


def test_lines_are_sealed_and_erased_while_the_trail_is_read(database, trail, seals, monkeypatch):
    """What is read is one instant: nothing is said to be broken that was only new."""
    digest_of = config.audit.verification.line_digest

    def meanwhile(*line):
        monkeypatch.setattr(config.audit.verification, "line_digest", digest_of)
        trail.record_durably(a_line())
        seal(database, seals)
        erase_personal(database, seals, before=FAR, actor=OPERATOR)
        return digest_of(*line)

    monkeypatch.setattr(config.audit.verification, "line_digest", meanwhile)
    assert verify(database, seals).lines == 7
    assert isinstance(verify(database, seals), Intact)


def test_pruning_goes_up_to_a_checkpoint_and_what_is_left_is_intact(database, trail, seals):
    with database.reading() as connection:
        signed = connection.execute(select(config.audit.chain.AuditCheckpoint.at)).scalars().all()
    assert lines_to_prune(database, before=signed[1] + timedelta(microseconds=1)).lines == 6
    assert prune(database, seals, before=signed[1] + timedelta(microseconds=1), actor=OPERATOR) == 6
    assert seal(database, seals) == 1  # pruning is itself a line
    found = verify(database, seals)
    assert (found.lines, found.last_position) == (2, 8)


def test_lines_removed_by_marking_a_checkpoint_as_pruned_are_found(database, trail, seals):
    meddles(
        database,
        "UPDATE audit_checkpoint SET pruned_at = at, pruned_kid = kid, pruned_signature = signature WHERE position = 3",
        "DELETE FROM audit_event WHERE position <= 3",
    )
    assert isinstance(verify(database, seals), Broken)


def test_two_sealers_make_one_chain(database, audit, seals):
    for number in range(40):
        audit.record_durably(a_line(number))
    with ThreadPoolExecutor(2) as threads:
        sealed = list(threads.map(lambda _: seal(database, seals), range(2)))
    assert sum(sealed) == 40
    assert isinstance(verify(database, seals), Intact)


def test_a_line_of_a_transaction_that_failed_is_not_written(database, audit):
    def fail():
        with database.transaction() as session:
            audit.record(session, a_line())
            session.add(AuditEvent(detail="{}"))

    with pytest.raises(IntegrityError):
        fail()
    assert lines(database) == 0


def test_lines_recorded_both_ways_say_the_same(database, audit):
    audit.record_durably(a_line())
    with database.transaction() as session:
        audit.record(session, a_line())
    names = [column for column in AuditEvent.__table__.columns if column.name not in ("id", "at")]
    with database.reading() as connection:
        now, within = connection.execute(select(*names).order_by(AuditEvent.id)).all()
        first, second = connection.execute(select(AuditEvent.at).order_by(AuditEvent.id)).scalars()
    assert now == within
    assert timedelta(0) <= second - first < timedelta(minutes=1)


def test_those_who_wait_for_the_disk_share_the_next_commit(database, audit, monkeypatch):
    """While one commit is under way three more come: two commits for four lines."""
    commits = []
    write = audit._write_waiting_lines

    def on_a_slow_disk():
        commits.append(None)
        carried = len(audit._waiting)
        write()
        while len(commits) == 1 and len(audit._waiting) < 4 - carried:
            sleep(0)  # the disk is busy until the others are waiting

    monkeypatch.setattr(audit, "_write_waiting_lines", on_a_slow_disk)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: audit.record_durably(a_line(number)), range(4)))
    assert (lines(database), len(commits)) == (4, 2)


@pytest.mark.parametrize("agent", ["\x00", "a\x00b", "\ud800", "é" * 5000, "\n\r\t"])
def test_what_a_stranger_sends_is_written_whatever_it_is(database, audit, seals, agent):
    audit.record_durably(AuditEntry(kind=IdpAuditKind.LOGIN_REFUSED, login=agent, agent=agent))
    seal(database, seals)
    assert isinstance(verify(database, seals), Intact)


def lines(database):
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(AuditEvent)).scalar_one()
