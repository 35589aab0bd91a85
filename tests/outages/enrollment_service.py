"""`enrollment serve` as its owner has it: a folder, a process to start, kill and start again."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from werkzeug.test import Client

from enrollment.settings import EnrollmentSettings
from tests.outages.service import TREE
from tests.outages.wire import NoAnswer, Wire
from tests.ports import free_port
from tests.processes import command_of, until, wait_until_ended


@dataclass(slots=True)
class Served:
    """One installation of enrollment: SQLite and a private Redis in its folder, `changed` its other settings."""

    folder: Path
    changed: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    started: "subprocess.Popen[bytes] | None" = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("POTERNE_", "ENROLLMENT_"))}
        given = {
            "environment": "development",
            "address": f"http://localhost:{self.port}",
            "idp_issuer": "http://localhost:8400",
            "port": str(self.port),
            "data_folder": str(self.folder),
            "mail_transport": "folder",
            **self.changed,
        }
        return kept | {f"ENROLLMENT_{name.upper()}": value for name, value in given.items()}

    @property
    def settings(self) -> EnrollmentSettings:
        return EnrollmentSettings.load(environment=self.environment)

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self.started is not None
        return self.started

    def start(self) -> "Served":
        """Start, and do not wait."""
        with (self.folder / "enrollment.log").open("ab") as log:
            self.started = subprocess.Popen(
                [sys.executable, "-m", "enrollment", "serve"],
                cwd=TREE, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        return self

    def wait_until_ready(self) -> None:
        until(lambda: "ready" in (self.answer("/health/ready") or ""), what="readiness")

    def kill(self) -> None:
        """What a power cut does: every process at once, with no time for a word."""
        if self.started is None or self.started.poll() is not None:
            return
        family = psutil.Process(self.started.pid).children(recursive=True)
        for member in (psutil.Process(self.started.pid), *family):
            with suppress(psutil.NoSuchProcess):
                member.kill()
        self.started.wait()
        wait_until_ended(family)

    def answer(self, path: str) -> str | None:
        with suppress(NoAnswer):
            answered = Client(Wire(port=self.port), use_cookies=False).get(path)
            return answered.text if answered.status_code == 200 else None
        return None

    def child(self, word: str) -> psutil.Process:
        """The one child with this word in its command, as soon as there is one."""
        children = psutil.Process(self.process.pid).children
        [found] = until(lambda: [child for child in children() if word in command_of(child)], what=word)
        return found
