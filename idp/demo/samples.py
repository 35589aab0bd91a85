"""The sample applications of the demonstration: which they are, how each is started, what each needs beforehand."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from idp.demo.parts import PartProblem

METADATA_WITHIN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One of them; `after` says how far its port is from the first."""

    name: str
    shown: str
    with_article: str
    after: int
    speaks_saml: bool = False

    def address(self, first_port: int) -> str:
        return f"http://127.0.0.1:{first_port + self.after}"

    def folder(self, demonstration: Path) -> Path:
        """What it keeps for itself there."""
        return demonstration / self.name

    def secret_file(self, demonstration: Path) -> Path:
        return demonstration / f"{self.name}.secret"

    def serve(self, demonstration: Path, *, issuer: str, first_port: int) -> list[str]:
        """The program that is this application."""
        command = [*self._program("serve", demonstration, first_port=first_port)]
        command += ["--metadata-url", f"{issuer}/saml/metadata"] if self.speaks_saml else ["--issuer", issuer]
        if not self.speaks_saml:
            command += ["--client-secret-file", str(self.secret_file(demonstration))]
        for other in SAMPLES:
            if other is not self:
                command += ["--other", other.with_article, f"{other.address(first_port)}/me"]
        return command

    def get_ready(self, demonstration: Path, *, first_port: int) -> None:
        """Put what its declaration reads beside it: its logo, and its metadata, which it writes itself.

        Its key is made with it. Both stay what they are as long as its address does.

        Raises:
            PartProblem: it cannot, and its last words.
        """
        folder = self.folder(demonstration)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with as_file(files("relying_parties") / "applications" / f"{self.name}.svg") as logo:
            shutil.copyfile(logo, folder / logo.name)
        if not self.speaks_saml:
            return
        metadata = folder / f"{self.name}.xml"
        if metadata.exists() and f'"{self.address(first_port)}/' in metadata.read_text(encoding="utf-8"):
            return
        written = subprocess.run(
            self._program("metadata", demonstration, first_port=first_port),
            capture_output=True,
            check=False,
            timeout=METADATA_WITHIN,
        )
        if written.returncode != 0:
            last_words = written.stderr.decode(errors="replace").splitlines()[-1:]
            raise PartProblem(f"{self.shown} cannot write its metadata: {' '.join(last_words)}")
        metadata.write_bytes(written.stdout)

    def _program(self, command: str, demonstration: Path, *, first_port: int) -> list[str]:
        configuration = files("relying_parties.samples") / f"{self.name}.toml"
        keys = ["--key-folder", str(self.folder(demonstration))] if self.speaks_saml else []
        return [
            *(sys.executable, "-m", "relying_parties.samples.commands", command),
            *("--config", str(configuration), "--port", str(first_port + self.after), *keys),
        ]


SAMPLES = (
    Sample(name="dcc", shown="DCC", with_article="le DCC", after=11),
    Sample(name="perinat", shown="Périnat", with_article="Périnat", after=12),
    Sample(name="messagerie", shown="Messagerie (SAML)", with_article="la messagerie", after=13, speaks_saml=True),
)
