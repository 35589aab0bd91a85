"""The demonstration, `idp demo`, on free ports: both services, three sample applications and invented people."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from tests.installation import RUN_IDP, TREE, Professional, RunningApplication
from tests.letters import letters_of
from tests.ports import free_port, is_free
from tests.processes import kill_with_children, until

PORTS = (0, 1, 11, 12, 13, 16, 17)  # after the first one

ODILE = Professional(login="oriou", given_name="Odile", family_name="Riou", password="Verger-Calme-41")
PAUL = Professional(login="pgarnier", given_name="Paul", family_name="Garnier", password="Sentier-Clair-83")
ANNE_LAURE = Professional(login="alegall", given_name="Anne-Laure", family_name="Le Gall", password="Riviere-Douce-58")


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A demonstration that runs, as a person finds it."""

    folder: Path
    first_port: int

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.first_port}"

    @property
    def enrollment(self) -> str:
        return f"http://127.0.0.1:{self.first_port + 1}"

    @property
    def cards(self) -> str:
        """The page that inserts and pulls virtual cards."""
        return f"http://127.0.0.1:{self.first_port + 16}"

    @property
    def dcc(self) -> RunningApplication:
        return RunningApplication(
            name="DCC",
            with_article="le DCC",
            full_name="Dossier communicant de cancérologie",
            client_id="dcc",
            url=f"http://127.0.0.1:{self.first_port + 11}",
        )

    @property
    def perinat(self) -> RunningApplication:
        """It demands that the card stays in its reader."""
        return RunningApplication(
            name="Périnat",
            with_article="Périnat",
            full_name="Périnat Centre",
            client_id="perinat",
            url=f"http://127.0.0.1:{self.first_port + 12}",
        )

    def enrollment_command(self, *arguments: str) -> None:
        """Run `enrollment ARGUMENTS` with its settings."""
        settings = str(self.folder / "enrollment.toml")
        subprocess.run([sys.executable, "-m", "enrollment", "--settings", settings, *arguments], cwd=TREE, check=True)

    def letters_to(self, email: str) -> list[EmailMessage]:
        """The letters of both services to this address, oldest first for each service."""
        folders = (self.folder / "enrollment", self.folder)
        return [letter for folder in folders for letter in letters_of(folder) if email in str(letter["To"])]

    def link(self, email: str, path: str) -> str:
        """The newest link of this kind in a letter to this address, once the letter is there."""

        def newest() -> str | None:
            texts = [letter.get_content() for letter in self.letters_to(email)]
            found = re.findall(rf"https?://\S+/{path}/\S+", "\n".join(texts))
            return found[-1] if found else None

        found = until(newest, what=f"a letter to {email} with a link to {path}")
        assert found
        return found


@contextmanager
def a_demonstration(folder: Path) -> Iterator[Demonstration]:
    """Run a demonstration for the block, which begins when it has printed its addresses."""
    first_port = free_port()
    while not all(is_free(first_port + after) for after in PORTS):
        first_port = free_port()
    command = [sys.executable, "-c", RUN_IDP, "demo", "--folder", str(folder), "--first-port", str(first_port)]
    without_windows = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    with subprocess.Popen(
        command, cwd=TREE, env=without_windows, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout
            assert any("Ctrl-C" in line for line in process.stdout), "the demonstration does not start"
            yield Demonstration(folder, first_port)
        finally:
            kill_with_children(process)
