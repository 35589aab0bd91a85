"""`idp audit ...` (config/audit_commands.py)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from click.testing import CliRunner

from config.audit import Audit, AuditKind, Entry
from config.audit_commands import audit
from config.audit_seal import DerivedSeals, seal
from config.database import Database
from config.encryption import KeyEncryption
from config.settings import Settings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@dataclass
class Installation:
    settings: Settings
    database: Database


@pytest.fixture
def trail(database):
    """Four lines, a minute apart."""
    audit = Audit(database)
    with time_machine.travel(NOON, tick=False) as clock:
        for number, kind in enumerate([AuditKind.LOGIN_SUCCEEDED, AuditKind.LOGIN_REFUSED] * 2):
            audit.record_now(Entry(kind=kind, account=f"a{number % 2}", login="jdupont", detail={"number": number}))
            clock.shift(timedelta(minutes=1))
    return audit


@pytest.fixture
def run(settings, database, trail):
    def run(*arguments):
        return CliRunner().invoke(audit, arguments, obj=Installation(settings, database))

    return run


@pytest.fixture
def sealed(settings, database, trail):
    seal(database, DerivedSeals(KeyEncryption.of(settings)))


def numbers(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line)["detail"]["number"] for line in result.stdout.splitlines()]


def test_lines_are_shown_newest_first(run):
    assert numbers(run("list", "--json")) == [3, 2, 1, 0]


def test_pages_follow_one_another(run):
    first = run("list", "--json", "--limit", "3")
    assert numbers(first) == [3, 2, 1]
    before = first.stderr.split()[-1]
    assert numbers(run("list", "--json", "--limit", "3", "--before", before)) == [0]


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (["--kind", "login.refused"], [3, 1]),
        (["--account", "a0"], [2, 0]),
        (["--application", "dcc"], []),
        (["--login", "jdupont"], [3, 2, 1, 0]),
        (["--since", "2026-03-02T12:02:00"], [3, 2]),
        (["--until", "2026-03-02T13:02:00+01:00"], [1, 0]),
        (["--since", "2026-03-03"], []),
    ],
)
def test_lines_are_found_by_what_they_say(run, sought, found):
    assert numbers(run("list", "--json", *sought)) == found


def test_a_line_can_be_read_by_a_person(run):
    line = run("list", "--limit", "1").stdout
    assert "2026-03-02 12:03:00  login.refused" in line
    assert "login='jdupont'" in line


def test_an_export_is_every_line_oldest_first(run, tmp_path):
    file = tmp_path / "trail.jsonl"
    assert run("export", str(file)).exit_code == 0
    assert [json.loads(line)["detail"]["number"] for line in file.read_text().splitlines()] == [0, 1, 2, 3]


def test_a_trail_that_is_intact_gives_a_witness_to_note(run, sealed):
    result = run("verify")
    assert result.exit_code == 0
    assert run("verify", "--witness", result.stdout.split()[-1]).exit_code == 0
    assert json.loads(run("verify", "--json").stdout)["intact"]


def test_a_trail_that_lacks_the_witness_is_broken(run, sealed):
    result = run("verify", "--witness", f"9:{'0' * 64}")
    assert result.exit_code == 1
    assert "broken at position 5" in result.stderr


def test_another_key_cannot_prove_the_trail(run, sealed, settings):
    (settings.data_folder / "key-encryption-key").unlink()
    assert run("verify").exit_code == 1


def test_what_is_erased_is_no_longer_shown_and_the_trail_stays_provable(run, sealed):
    assert "4 lines" in run("erase", "--before", "2100-01-01").stdout
    assert "jdupont" not in run("list").stdout
    assert run("verify").exit_code == 0


def test_what_is_pruned_is_gone_and_the_trail_stays_provable(run, sealed):
    assert "4 lines" in run("prune", "--before", "2100-01-01").stdout
    assert run("verify").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [["list", "--kind", "login.invented"], ["list", "--since", "yesterday"], ["verify", "--witness", "x"], ["erase"]],
)
def test_wrong_usage_is_said_so(run, arguments):
    assert run(*arguments).exit_code == 2


def test_a_database_that_is_away_is_said_so(settings, tmp_path):
    away = Database.at(f"sqlite:///{tmp_path / 'no-such-folder' / 'x.sqlite'}")
    assert CliRunner().invoke(audit, ["list"], obj=Installation(settings, away)).exit_code == 5
