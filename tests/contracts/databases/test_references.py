"""References of requests (enrollment/requests/references.py) are unique, also when two nodes ask at once."""

import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from config.sql.database import Database
from enrollment.migrations import MIGRATIONS
from enrollment.requests.references import next_reference

PARIS = ZoneInfo("Europe/Paris")
NOVEMBER = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
EACH = 25

NODE = """
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from config.sql.database import Database
from enrollment.requests.references import next_reference
database = Database.at(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    with database.transaction() as session:
        reference = next_reference(session, datetime(2026, 11, 29, 12, 0, tzinfo=UTC), ZoneInfo("Europe/Paris"))
    print(reference, flush=True)
"""


@pytest.fixture
def database(empty_database: Database) -> Database:
    """With the tables of enrollment."""
    MIGRATIONS.migrate(empty_database)
    return empty_database


def asked(database: Database, at: datetime = NOVEMBER) -> str:
    with database.transaction() as session:
        return next_reference(session, at, PARIS)


def test_they_are_numbered_within_a_year(database):
    assert [asked(database) for _ in range(3)] == ["INS-2026-000001", "INS-2026-000002", "INS-2026-000003"]
    assert asked(database, datetime(2027, 3, 1, tzinfo=UTC)) == "INS-2027-000001"
    assert asked(database) == "INS-2026-000004"


def test_the_year_is_that_of_the_regions_clocks(database):
    assert asked(database, datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "INS-2027-000001"


def test_a_transaction_that_fails_gives_its_number_back(database):
    def fails() -> None:
        with database.transaction() as session:
            next_reference(session, NOVEMBER, PARIS)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    assert asked(database) == "INS-2026-000001"


@pytest.mark.slow
def test_two_nodes_that_ask_at_once_get_none_twice(database, empty_address):
    command = [sys.executable, "-c", NODE, empty_address, str(EACH)]
    nodes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for node in nodes:
        assert node.stdout is not None
        assert node.stdout.readline() == "ready\n"
    for node in nodes:
        assert node.stdin is not None
        node.stdin.write("go\n")
        node.stdin.flush()
    given = [node.communicate()[0].split() for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0]
    assert all(references == sorted(references) for references in given)
    assert sorted(given[0] + given[1]) == [f"INS-2026-{number:06d}" for number in range(1, 2 * EACH + 1)]
