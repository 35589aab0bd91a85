"""`idp audit ...` (config/audit/commands.py)."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from click.testing import CliRunner

from config.audit.chain import DerivedSeals, seal
from config.audit.trail import Audit, AuditEntry
from config.audit.triggers import sqlite_rules
from config.encryption import KeyEncryption
from config.sql.database import Database
from idp.audit_commands import audit
from idp.audit_kinds import IdpAuditKind
from idp.settings import Settings

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
        for number, kind in enumerate([IdpAuditKind.LOGIN_SUCCEEDED, IdpAuditKind.LOGIN_REFUSED] * 2):
            audit.record_durably(
                AuditEntry(kind=kind, account=f"a{number % 2}", login="jdupont", detail={"number": number})
            )
            clock.shift(timedelta(minutes=1))
    return audit


@pytest.fixture
def run(settings, database, trail):
    def run(*arguments, typed=None):
        return CliRunner().invoke(audit, arguments, obj=Installation(settings, database), input=typed)

    return run


@pytest.fixture
def sealed(settings, database, trail):
    seal(database, DerivedSeals(KeyEncryption.of(settings)))


def numbers(result):
    assert result.exit_code == 0, result.output
    return [json.loads(line)["detail"]["number"] for line in result.stdout.splitlines()]


def test_entries_are_shown_newest_first(run):
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
def test_entries_are_found_by_their_fields(run, sought, found):
    assert numbers(run("list", "--json", *sought)) == found


def test_a_number_beyond_every_entry_lists_the_newest(run):
    assert run("list", "--before", "9" * 20).stdout == run("list").stdout


def test_an_entry_is_readable(run):
    line = run("list", "--limit", "1").stdout
    assert "2026-03-02 12:03:00  login.refused" in line
    assert "login='jdupont'" in line


def test_an_export_has_every_entry_oldest_first(run, tmp_path):
    file = tmp_path / "trail.jsonl"
    assert run("export", str(file)).exit_code == 0
    assert [json.loads(line)["detail"]["number"] for line in file.read_text().splitlines()] == [0, 1, 2, 3]


def test_a_checkpoint_kept_elsewhere_proves_the_trail_later(run, sealed, tmp_path):
    kept = tmp_path / "checkpoint"
    printed = run("checkpoint")
    kept.write_text(printed.stdout, encoding="utf-8")

    assert run("verify").exit_code == 0
    assert run("verify", "--checkpoint", str(kept)).exit_code == 0
    assert run("verify", "--checkpoint", "-", typed=printed.stdout).exit_code == 0
    assert json.loads(run("verify", "--json", "--checkpoint", str(kept)).stdout)["intact"]


def test_a_checkpoint_covers_the_entries_that_were_not_sealed(run, trail):
    assert json.loads(run("checkpoint").stdout)["position"] == 4


def test_a_trail_that_lacks_the_checkpoint_is_broken(run, sealed, database):
    printed = run("checkpoint").stdout
    with database.transaction() as session:
        for statement in (
            *(f"DROP TRIGGER {name}" for name in sqlite_rules()),
            "DELETE FROM audit_event WHERE position = 4",
            "DELETE FROM audit_checkpoint",
        ):
            session.connection().exec_driver_sql(statement)
    result = run("verify", "--checkpoint", "-", typed=printed)
    assert result.exit_code == 1
    assert "broken at position 4" in result.stderr


@pytest.mark.parametrize(
    "altered",
    [
        lambda said: {**said, "position": 3},
        lambda said: {**said, "digest": "0" * 64},
        lambda said: {**said, "position": "4"},
        lambda said: {**said, "position": True},
        lambda said: {**said, "kid": "another"},
        lambda said: {**said, "more": 1},
        lambda _said: [],
        lambda _said: {"position": 4},
    ],
)
def test_a_checkpoint_that_we_have_not_signed_is_refused(run, sealed, altered):
    said = altered(json.loads(run("checkpoint").stdout))
    result = run("verify", "--checkpoint", "-", typed=json.dumps(said))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "checkpoint" in result.stderr


def test_missing_triggers_are_reported_and_restored(run, sealed, database):
    with database.transaction() as session:
        session.connection().exec_driver_sql("DROP TRIGGER audit_event_kept")
    result = run("verify")
    assert (result.exit_code, "audit_event_kept" in result.stderr) == (1, True)
    assert json.loads(run("verify", "--json").stdout) | {"last_digest": ""} == {
        "intact": False, "lines": 4, "unsealed": 0, "last_position": 4, "last_digest": "",
        "missing_rules": ["audit_event_kept"],
    }  # fmt: skip
    assert "audit_event_kept" in run("restore-rules").stdout
    assert run("verify").exit_code == 0


def test_the_trail_does_not_verify_with_another_key(run, sealed, settings):
    (settings.data_folder / "key-encryption-key").unlink()
    assert run("verify").exit_code == 1


def long_after(days):
    return time_machine.travel(NOON + timedelta(days=days), tick=False)


def test_erased_data_are_not_shown_and_the_trail_still_verifies(run, sealed):
    with long_after(400):
        assert "4 entries" in run("erase", "--before", "2026-03-03", "--yes").stdout
    assert "jdupont" not in run("list").stdout
    assert run("verify").exit_code == 0


def test_pruned_entries_are_deleted_and_the_trail_still_verifies(run, settings, database, trail):
    with long_after(1):
        seal(database, DerivedSeals(KeyEncryption.of(settings)))
    with long_after(1200):
        assert "4 entries" in run("prune", "--before", "2026-03-05", "--yes").stdout
    assert run("verify").exit_code == 0


@pytest.mark.parametrize("command", ["prune", "erase"])
@pytest.mark.parametrize(
    ("before", "why"), [("2030-01-01", "is in the future"), ("2026-11-28", "entries are kept for"), ("today", "usage")]
)
def test_entries_within_their_retention_are_not_deleted(run, sealed, command, before, why):
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False):
        result = run(command, "--before", before, "--yes")
    assert result.exit_code == (2 if before == "today" else 1)
    assert why in result.stderr.lower()
    assert len(numbers(run("list", "--json"))) == 4
    assert "jdupont" in run("list").stdout


@pytest.mark.parametrize(("command", "kept_for"), [("prune", 1095), ("erase", 365)])
def test_without_a_date_the_settings_decide_what_is_deleted(run, settings, database, trail, command, kept_for):
    with long_after(1):
        seal(database, DerivedSeals(KeyEncryption.of(settings)))
    with long_after(kept_for - 2):
        assert "nothing to do" in run(command, "--yes").stderr
    with long_after(kept_for + 2):
        assert "4 entries" in run(command, "--yes").stdout
    assert run("verify").exit_code == 0


@pytest.mark.parametrize("command", ["prune", "erase"])
def test_a_deletion_asks_for_a_confirmation(run, settings, database, trail, command):
    with long_after(1):
        seal(database, DerivedSeals(KeyEncryption.of(settings)))
    with long_after(1200):
        for typed in (None, "", "n\n"):
            result = run(command, "--before", "2026-03-05", typed=typed)
            assert result.exit_code == 1
            assert "4 entries, written from 2026-03-02 to 2026-03-02" in result.stderr
            assert "--yes" in result.stderr
            assert "jdupont" in run("list").stdout
        assert "4 entries" in run(command, "--before", "2026-03-05", typed="y\n").stdout
        assert "nothing to do" in run(command, "--before", "2026-03-05").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "--kind", "login.invented"],
        ["list", "--since", "yesterday"],
        ["list", "--since", "9999-12-31T23:59:59-14:00"],
        ["verify", "--checkpoint", "no-such-file"],
        ["erase", "--before"],
    ],
)
def test_wrong_usage_is_reported(run, arguments):
    assert run(*arguments).exit_code == 2


def test_an_unavailable_database_is_reported(settings, tmp_path):
    away = Database.at(f"sqlite:///{tmp_path / 'no-such-folder' / 'x.sqlite'}")
    assert CliRunner().invoke(audit, ["list"], obj=Installation(settings, away)).exit_code == 5
