"""`enrollment serve` runs: its supervisor, web workers, jobs and private Redis, in a data folder of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from werkzeug.test import Client

from config.sql.database import SQLITE_FILE, Database
from enrollment.migrations import MIGRATIONS
from enrollment.settings import EnrollmentSettings
from tests.outages.service import TREE
from tests.outages.wire import NoAnswer, Wire
from tests.ports import free_port
from tests.processes import command_of, until, wait_until_ended


class Served:
    """`python -m enrollment serve`, as one sees it from outside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("POTERNE_", "ENROLLMENT_"))}
        self.environment = kept | {
            "ENROLLMENT_ENVIRONMENT": "development",
            "ENROLLMENT_ADDRESS": f"http://localhost:{self.port}",
            "ENROLLMENT_IDP_ISSUER": "http://localhost:8400",
            "ENROLLMENT_PORT": str(self.port),
            "ENROLLMENT_DATA_FOLDER": str(folder),
            "ENROLLMENT_MAIL_TRANSPORT": "folder",
        }
        with (folder / "enrollment.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "enrollment", "serve"],
                cwd=TREE, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def answer(self, path: str) -> str | None:
        with suppress(NoAnswer):
            answered = Client(Wire(port=self.port), use_cookies=False).get(path)
            return answered.text if answered.status_code == 200 else None
        return None

    def child(self, word: str) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        [found] = until(lambda: [child for child in children if word in command_of(child)], what=word)
        return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "enrollment"
    folder.mkdir(mode=0o700)
    served = Served(folder)
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
