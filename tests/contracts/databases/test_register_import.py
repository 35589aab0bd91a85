"""An extract takes the place of the one before, whole or not at all (enrollment/register/importing.py)."""

import subprocess
import sys
from threading import Event, Thread

import pytest
from sqlalchemy import func, select

from config.actor import Actor
from config.audit.query import every_line
from config.audit.trail import Audit
from config.sql.database import Database
from enrollment.register import importing
from enrollment.register.extract_file import ExtractRefused
from enrollment.register.importing import import_extract
from enrollment.register.models import ExtractState, RegisterEntry, RegisterExtract
from enrollment.register.register import Register
from tests.builders.register import a_line, colleagues, write_extract
from tests.processes import until

ROBOT = Actor.service("test")
RPPS = "99700123450"
LINES_AT_ONCE = 50


@pytest.fixture
def database(enrollment_database: Database) -> Database:
    return enrollment_database


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    """So that a file of a few lines is several transactions."""
    monkeypatch.setattr(importing, "LINES_AT_ONCE", LINES_AT_ONCE)


def do_import(database, path, **options):
    return import_extract(database, Audit(database), path, actor=ROBOT, **options)


def states(database):
    with database.reading() as connection:
        return list(connection.scalars(select(RegisterExtract.state).order_by(RegisterExtract.id)))


def lines_kept(database):
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(RegisterEntry))


def test_an_extract_becomes_the_current_one_and_says_what_it_is(database, tmp_path):
    path = write_extract(tmp_path, [a_line(), *colleagues(10)])
    imported = do_import(database, path)
    assert (imported.lines, imported.unreadable_lines, imported.lines_before) == (11, 0, None)
    current = Register(database).current()
    assert (current.source, current.sha256, current.lines) == (path.name, imported.sha256, 11)
    [line] = [line for line in every_line(database) if line.kind == "register.imported"]
    assert line.detail["lines"] == 11


def test_a_person_who_has_left_the_register_is_found_no_more(database, tmp_path):
    do_import(database, write_extract(tmp_path, [a_line(), *colleagues(10)]))
    assert Register(database).find_by_rpps(RPPS).person is not None
    do_import(database, write_extract(tmp_path, colleagues(10)))
    assert Register(database).find_by_rpps(RPPS).person is None
    assert (states(database), lines_kept(database)) == ([ExtractState.REPLACED, ExtractState.CURRENT], 10)


def test_the_lines_of_one_person_are_gathered(database, tmp_path):
    elsewhere = a_line(structure="CLINIQUE DES TILLEULS", postcode="45000", town="Orléans")
    do_import(database, write_extract(tmp_path, [a_line(), *colleagues(3), elsewhere, elsewhere]))
    person = Register(database).find_by_rpps(RPPS).person
    assert [workplace.structure for workplace in person.workplaces] == ["CH DE BELLEFONTAINE", "CLINIQUE DES TILLEULS"]
    assert person.professions == ("10",)


def test_several_batches_are_one_extract(database, tmp_path):
    seen = []
    do_import(database, write_extract(tmp_path, colleagues(2 * LINES_AT_ONCE + 1)), progress=seen.append)
    assert lines_kept(database) == 2 * LINES_AT_ONCE + 1
    assert seen == [LINES_AT_ONCE, 2 * LINES_AT_ONCE, 2 * LINES_AT_ONCE + 1]


@pytest.mark.parametrize("fewer", [79, 0])
def test_a_file_that_has_shrunk_is_refused_and_the_register_stays(database, tmp_path, fewer):
    do_import(database, write_extract(tmp_path, [a_line(), *colleagues(99)]))
    with pytest.raises(ExtractRefused, match="--accept-fewer" if fewer else "no line"):
        do_import(database, write_extract(tmp_path, colleagues(fewer)))
    assert Register(database).find_by_rpps(RPPS).person is not None
    assert (states(database), lines_kept(database)) == ([ExtractState.CURRENT, ExtractState.REFUSED], 100)


def test_a_file_that_has_shrunk_is_taken_when_that_is_said(database, tmp_path):
    do_import(database, write_extract(tmp_path, colleagues(100)))
    do_import(database, write_extract(tmp_path, colleagues(50)), accept_fewer=True)
    assert Register(database).current().lines == 50


def test_four_fifths_of_the_lines_are_enough(database, tmp_path):
    do_import(database, write_extract(tmp_path, colleagues(100)))
    do_import(database, write_extract(tmp_path, colleagues(80)))
    assert Register(database).current().lines == 80


def test_a_bent_file_leaves_the_register_as_it_was(database, tmp_path):
    do_import(database, write_extract(tmp_path, [a_line()]))
    path = write_extract(tmp_path, colleagues(3 * LINES_AT_ONCE + 1))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ExtractRefused):
        do_import(database, path)
    assert Register(database).find_by_rpps(RPPS).person is not None
    assert lines_kept(database) == 1


def test_people_are_found_while_another_extract_is_imported(database, tmp_path):
    do_import(database, write_extract(tmp_path, [a_line(), *colleagues(LINES_AT_ONCE)]))
    newer = write_extract(tmp_path, [a_line(structure="CH NEUF"), *colleagues(3 * LINES_AT_ONCE)])
    seen, stop = [], Event()

    def look():
        while not stop.is_set():
            [workplace] = Register(database).find_by_rpps(RPPS).person.workplaces
            seen.append(workplace.structure)

    reader = Thread(target=look)
    reader.start()
    do_import(database, newer, progress=lambda _lines: until(lambda: len(seen) > 3, what="reads"))
    until(lambda: seen[-1] == "CH NEUF", what="the new extract")
    stop.set()
    reader.join()
    assert list(dict.fromkeys(seen)) == ["CH DE BELLEFONTAINE", "CH NEUF"]


def test_of_two_imports_at_once_the_last_one_begun_goes_on(database, tmp_path):
    first = write_extract(tmp_path, colleagues(3 * LINES_AT_ONCE), name="first.txt")
    second = write_extract(tmp_path, colleagues(3 * LINES_AT_ONCE), name="second.txt")
    begun = []

    def begin_another(_lines):
        if not begun:
            begun.append(True)
            do_import(database, second)

    with pytest.raises(ExtractRefused, match="another import has begun"):
        do_import(database, first, progress=begin_another)
    assert Register(database).current().source == "second.txt"
    assert (states(database), lines_kept(database)) == (
        [ExtractState.ABANDONED, ExtractState.CURRENT], 3 * LINES_AT_ONCE,
    )  # fmt: skip


KILLED = """
import os, pathlib, signal, sys
from config.actor import Actor
from config.audit.trail import Audit
from config.sql.database import Database
from enrollment.register import importing
from enrollment.register.importing import import_extract

importing.LINES_AT_ONCE = 50
database = Database.at(sys.argv[1])
import_extract(
    database, Audit(database), pathlib.Path(sys.argv[2]), actor=Actor.service("test"),
    progress=lambda _lines: os.kill(os.getpid(), signal.SIGKILL),
)
"""


@pytest.mark.slow
def test_an_import_that_was_killed_has_changed_nothing_and_is_begun_again(database, enrollment_address, tmp_path):
    do_import(database, write_extract(tmp_path, [a_line()], name="before.txt"))
    path = write_extract(tmp_path, [a_line(structure="CH NEUF"), *colleagues(3 * LINES_AT_ONCE)])
    killed = subprocess.run([sys.executable, "-c", KILLED, enrollment_address, path], check=False, cwd=".")
    assert killed.returncode == -9
    assert states(database) == [ExtractState.CURRENT, ExtractState.IMPORTING]
    assert Register(database).find_by_rpps(RPPS).person.workplaces[0].structure == "CH DE BELLEFONTAINE"
    do_import(database, path)
    assert Register(database).find_by_rpps(RPPS).person.workplaces[0].structure == "CH NEUF"
    assert states(database) == [ExtractState.REPLACED, ExtractState.ABANDONED, ExtractState.CURRENT]
    assert lines_kept(database) == 3 * LINES_AT_ONCE + 1


def test_lines_that_an_import_left_are_deleted_by_the_job_that_purges(database, tmp_path):
    do_import(database, write_extract(tmp_path, colleagues(3 * LINES_AT_ONCE)))
    with database.transaction() as session:
        session.scalars(select(RegisterExtract)).one().state = ExtractState.ABANDONED
    assert importing.clear_former_extracts(database) == 3 * LINES_AT_ONCE
    assert importing.clear_former_extracts(database) == lines_kept(database) == 0
