"""The outbox: what was promised is done, once, whichever process stops meanwhile (config/jobs.py)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
import time_machine
from sqlalchemy import select, text

from config.encryption import KeyEncryption
from config.jobs import LEASE, LONGEST_DELAY, MOST_ATTEMPTS, Job, Jobs, PermanentFailure, Postponed, delay_after

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def jobs(database, store, encryption):
    return Jobs(database, store, encryption)


def added(database, jobs, kind="greet", **payload):
    with database.transaction() as session:
        return jobs.add(session, kind, payload)


def rows(database):
    with database.transaction() as session:
        return list(session.scalars(select(Job)))


def test_a_job_is_done_and_is_no_longer_there(database, jobs):
    greeted = []
    jobs.register("greet", greeted.append)
    added(database, jobs, name="Jeanne")
    assert jobs.run_due() == 1
    assert (greeted, rows(database)) == ([{"name": "Jeanne"}], [])


def test_a_transaction_that_fails_promises_nothing(database, jobs):
    def fail():
        with database.transaction() as session:
            jobs.add(session, "greet", {})
            session.execute(text("SELECT * FROM no_such_table"))

    with pytest.raises(Exception, match="no_such_table"):
        fail()
    assert rows(database) == []


def test_what_is_in_the_outbox_cannot_be_read_from_the_database(database, jobs):
    added(database, jobs, link="https://id.example/secret-link")
    assert "secret-link" not in rows(database)[0].payload


def test_the_payload_of_one_job_does_not_open_in_another(database, jobs):
    seen = []
    jobs.register("greet", seen.append)
    first, second = added(database, jobs, name="Jeanne"), added(database, jobs, name="Paul")
    with database.transaction() as session:
        session.get_one(Job, second).payload = session.get_one(Job, first).payload
    jobs.run_due()
    assert seen == [{"name": "Jeanne"}]
    assert [row.last_error for row in rows(database)] == ["SealBroken"]


def test_many_workers_do_each_job_once(database, store, encryption):
    done = []
    workers = [Jobs(database, store, encryption) for _ in range(3)]
    for worker in workers:
        worker.register("greet", done.append)
    for number in range(12):
        added(database, workers[0], number=number)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(Jobs.run_due, workers))
    assert sorted(each["number"] for each in done) == list(range(12))


def test_what_fails_is_tried_again_later_and_later(database, jobs):
    attempts = []

    def fail(_payload):
        attempts.append(datetime.now(UTC))
        raise ConnectionError

    jobs.register("greet", fail)
    with time_machine.travel(NOON, tick=False) as clock:
        added(database, jobs)
        for _ in range(3):
            assert jobs.run_due() == 0
            clock.move_to(rows(database)[0].run_after)
    assert [later - attempts[0] for later in attempts] == [timedelta(0), timedelta(seconds=10), timedelta(seconds=30)]


def test_what_is_postponed_is_run_after_its_delay_and_has_not_failed(database, jobs):
    ran = []

    def not_yet(payload):
        ran.append(payload)
        if len(ran) < MOST_ATTEMPTS + 2:
            raise Postponed(timedelta(seconds=3))

    jobs.register("greet", not_yet)
    with time_machine.travel(NOON, tick=False) as clock:
        added(database, jobs, name="Jeanne")
        while rows(database):
            [row] = rows(database)
            assert (row.attempts, row.last_error) == (0, None)
            clock.move_to(row.run_after)
            jobs.run_due()
    assert len(ran) == MOST_ATTEMPTS + 2


def test_delays_grow_up_to_a_ceiling():
    delays = [delay_after(attempts) for attempts in range(1, 100)]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY


def test_what_cannot_succeed_is_given_up_and_kept_for_an_operator(database, jobs):
    def refuse(_payload):
        raise PermanentFailure("no such mailbox")

    jobs.register("greet", refuse)
    added(database, jobs)
    jobs.run_due()
    (row,) = rows(database)
    assert (row.given_up_at is not None, row.last_error, row.attempts) == (True, "PermanentFailure", 1)
    assert jobs.run_due() == 0


@pytest.mark.slow
def test_after_a_day_of_failures_a_job_is_given_up(database, jobs):
    def fail(_payload):
        raise ConnectionError

    jobs.register("greet", fail)
    with time_machine.travel(NOON, tick=False) as clock:
        added(database, jobs)
        for _ in range(MOST_ATTEMPTS):
            jobs.run_due()
            clock.shift(LONGEST_DELAY)
    assert rows(database)[0].given_up_at is not None


def test_a_job_whose_worker_died_is_taken_over_when_its_lease_ends(database, jobs, store, encryption):
    class Died(BaseException):
        """As when the process is killed: nothing is put back."""

    def die(_payload):
        raise Died

    with time_machine.travel(NOON, tick=False) as clock:
        jobs.register("greet", die)
        added(database, jobs, name="Jeanne")
        with pytest.raises(Died):
            jobs.run_due()
        other, greeted = Jobs(database, store, encryption), []
        other.register("greet", greeted.append)
        assert other.run_due() == 0
        clock.shift(LEASE + timedelta(seconds=1))
        assert other.run_due() == 1
    assert greeted == [{"name": "Jeanne"}]


def test_a_job_of_a_kind_unknown_here_is_left_to_newer_nodes(database, jobs):
    added(database, jobs, "of-tomorrow")
    assert jobs.run_due() == 0
    assert rows(database)[0].attempts == 0


def test_a_job_waits_for_its_time(database, jobs):
    jobs.register("greet", lambda _payload: None)
    with time_machine.travel(NOON, tick=False) as clock:
        with database.transaction() as session:
            jobs.add(session, "greet", {}, run_after=NOON + timedelta(hours=1))
        assert jobs.run_due() == 0
        clock.shift(timedelta(hours=1))
        assert jobs.run_due() == 1


def test_a_worker_is_woken_by_a_job_added_elsewhere_and_stops_when_told(database, jobs, store, encryption):
    greeted, stop = Event(), Event()
    jobs.register("greet", lambda _payload: (greeted.set(), stop.set()))
    worker = Thread(target=jobs.run_forever, args=[stop])
    worker.start()
    added(database, Jobs(database, store, encryption))
    assert greeted.wait(timeout=60)
    worker.join(timeout=60)
    assert not worker.is_alive()


def test_a_node_without_the_key_leaves_the_job_for_another_time(database, jobs, store):
    stranger = Jobs(database, store, KeyEncryption({"other": b"o" * 32}))
    stranger.register("greet", lambda _payload: None)
    added(database, jobs)
    assert stranger.run_due() == 0
    assert (rows(database)[0].last_error, rows(database)[0].given_up_at) == ("EncryptionKeyUnknown", None)
