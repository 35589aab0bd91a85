"""The sample applications of the demonstration: their names, their files and the commands that start them."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from idp.demo.programs import ProgramError

METADATA_TIMEOUT = 60  # seconds, for a sample to make its key and write its metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One sample application. Its port is the first port plus `after`."""

    name: str
    display_name: str
    with_article: str
    after: int
    uses_saml: bool = False

    def address(self, first_port: int) -> str:
        return f"http://127.0.0.1:{first_port + self.after}"

    def folder(self, demonstration: Path) -> Path:
        """The folder of its own files, in the folder of the demonstration."""
        return demonstration / self.name

    def secret_file(self, demonstration: Path) -> Path:
        return demonstration / f"{self.name}.secret"

    def serve(self, demonstration: Path, *, issuer: str, first_port: int) -> list[str]:
        """The command that starts this application."""
        command = [*self._command("serve", demonstration, first_port=first_port)]
        command += ["--metadata-url", f"{issuer}/saml/metadata"] if self.uses_saml else ["--issuer", issuer]
        if not self.uses_saml:
            command += ["--client-secret-file", str(self.secret_file(demonstration))]
        for other in SAMPLES:
            if other is not self:
                command += ["--other", other.with_article, f"{other.address(first_port)}/me"]
        return command

    def prepare(self, demonstration: Path, *, first_port: int) -> None:
        """Write the files that its registration file names: its logo and, with SAML, its metadata.

        The application makes its key and writes its metadata itself. They are made again only when its address
        has changed.

        Raises:
            ProgramError: the application cannot write its metadata; the text has its last line of output.
        """
        folder = self.folder(demonstration)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with as_file(files("relying_parties") / "applications" / f"{self.name}.svg") as logo:
            shutil.copyfile(logo, folder / logo.name)
        if not self.uses_saml:
            return
        metadata = folder / f"{self.name}.xml"
        if metadata.exists() and f'"{self.address(first_port)}/' in metadata.read_text(encoding="utf-8"):
            return
        completed = subprocess.run(
            self._command("metadata", demonstration, first_port=first_port),
            capture_output=True,
            check=False,
            timeout=METADATA_TIMEOUT,
        )
        if completed.returncode != 0:
            last_line = completed.stderr.decode(errors="replace").splitlines()[-1:]
            raise ProgramError(f"{self.display_name} cannot write its metadata: {' '.join(last_line)}")
        metadata.write_bytes(completed.stdout)

    def _command(self, command: str, demonstration: Path, *, first_port: int) -> list[str]:
        configuration = files("relying_parties.samples") / f"{self.name}.toml"
        keys = ["--key-folder", str(self.folder(demonstration))] if self.uses_saml else []
        return [
            *(sys.executable, "-m", "relying_parties.samples.commands", command),
            *("--config", str(configuration), "--port", str(first_port + self.after), *keys),
        ]


SAMPLES = (
    Sample(name="dcc", display_name="DCC", with_article="le DCC", after=11),
    Sample(name="perinat", display_name="Périnat", with_article="Périnat", after=12),
    Sample(name="messagerie", display_name="Messagerie (SAML)", with_article="la messagerie", after=13, uses_saml=True),
)
