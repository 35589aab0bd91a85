"""`enrollment serve` runs: its supervisor, web workers, jobs and private Redis, in a data folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from config.sql.database import SQLITE_FILE, Database
from enrollment.migrations import MIGRATIONS
from enrollment.settings import EnrollmentSettings
from tests.outages.enrollment_service import Served
from tests.outages.service import TREE
from tests.processes import until, wait_until_ended


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "enrollment"
    folder.mkdir(mode=0o700)
    served = Served(folder).start()
    yield served
    if served.process.poll() is None:
        served.process.terminate()
        served.process.wait(60)


def test_it_serves_from_stores_of_its_own_and_leaves_nothing_behind(served: Served) -> None:
    until(lambda: "ready" in (served.answer("/health/ready") or ""), what="readiness")
    assert "Demande d’inscription" in (served.answer("/") or "")

    settings = EnrollmentSettings.load(environment=served.environment)
    database = Database.open(settings)
    assert MIGRATIONS.is_current(database)
    database.close()
    assert (served.folder / "redis").is_dir()

    family = psutil.Process(served.process.pid).children(recursive=True)
    for word in ("redis-server", "enrollment.wsgi", "enrollment.commands"):
        assert served.child(word) in family
    served.process.terminate()
    assert served.process.wait(60) == 0
    wait_until_ended(family)


def test_its_processes_are_started_again_when_they_are_killed(served: Served) -> None:
    for word in ("enrollment.wsgi", "redis-server"):
        until(lambda: "ready" in (served.answer("/health/ready") or ""), what="readiness")
        killed = served.child(word)
        killed.kill()
        wait_until_ended([killed])
    until(lambda: "ready" in (served.answer("/health/ready") or ""), what="readiness")


def test_its_commands_write_what_they_did(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "enrollment"]
    given = os.environ | {
        "ENROLLMENT_ENVIRONMENT": "development",
        "ENROLLMENT_ADDRESS": "http://localhost:8401",
        "ENROLLMENT_IDP_ISSUER": "http://localhost:8400",
        "ENROLLMENT_DATA_FOLDER": str(tmp_path),
        "ENROLLMENT_MAIL_TRANSPORT": "folder",
    }

    def said(*arguments: str) -> str:
        return subprocess.run(
            [*command, *arguments], cwd=TREE, env=given, check=True, capture_output=True, text=True
        ).stdout

    assert said("migrate") == "The tables are now up to date.\n"
    assert said("migrate") == "The tables were already up to date.\n"
    assert said("audit", "list") == ""
    assert "are as they were written" in said("audit", "verify")
    assert "values are now encrypted" in said("keys", "rotate-encryption-key")

    assert "Saved 0 rows" in said("backup", str(tmp_path / "backup"))
    (tmp_path / SQLITE_FILE).unlink()
    assert "Restored 0 rows" in said("restore", str(tmp_path / "backup"))
    assert [json.loads(line)["kind"] for line in said("audit", "list", "--json").splitlines()] == ["backup.restored"]
