"""One line when a store goes and one when it is back, whatever the number of requests and processes."""

import logging
import multiprocessing
from pathlib import Path

import config.outages
from config.outages import Outage


def said(caplog):
    return [(record.levelname, record.getMessage().partition(" after")[0]) for record in caplog.records]


def test_an_outage_logs_one_line_at_its_start_and_one_at_its_end(caplog):
    caplog.set_level(logging.INFO, logger="poterne.stores")
    outage = Outage("redis")
    for _ in range(3):
        outage.began("ConnectionError")
    for _ in range(3):
        outage.ended()
    assert said(caplog) == [("WARNING", "redis does not answer: ConnectionError"), ("INFO", "redis is back")]


def test_one_of_two_processes_logs_the_outage(tmp_path: Path, caplog):
    """flock sees two open files as it sees two processes."""
    caplog.set_level(logging.INFO, logger="poterne.stores")
    first, second = (Outage("database", lock=tmp_path / "lock") for _ in range(2))
    first.began("08006")
    second.began("08006")
    first.ended()
    second.began("08006")  # of a request that was under way: not another outage
    second.ended()
    assert said(caplog) == [("WARNING", "database does not answer: 08006"), ("INFO", "database is back")]


def test_a_process_with_a_longer_outage_logs_it_after_the_other(tmp_path: Path, caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger="poterne.stores")
    monkeypatch.setattr(config.outages, "RETRY_LOCK_AFTER", 0.0)
    first, second = (Outage("database", lock=tmp_path / "lock") for _ in range(2))
    first.began("08006")
    first.ended()
    second.began("08006")
    assert said(caplog)[-1] == ("WARNING", "database does not answer: 08006")


def _dies_during_an_outage(lock: Path) -> None:
    Outage("redis", lock=lock).began("ConnectionError")


def test_a_process_that_died_in_an_outage_does_not_silence_the_next(tmp_path: Path, caplog):
    caplog.set_level(logging.INFO, logger="poterne.stores")
    died = multiprocessing.get_context("fork").Process(target=_dies_during_an_outage, args=(tmp_path / "lock",))
    died.start()
    died.join()
    Outage("redis", lock=tmp_path / "lock").began("TimeoutError")
    assert said(caplog) == [("WARNING", "redis does not answer: TimeoutError")]


def test_without_a_lock_each_process_logs_the_outage(caplog):
    caplog.set_level(logging.INFO, logger="poterne.stores")
    for _ in range(2):
        Outage("redis", lock=Path("/proc/nothing/lock")).began("ConnectionError")
    assert len(caplog.records) == 2
