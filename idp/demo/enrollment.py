"""Enrollment in the demonstration: a separate program, of which nothing is imported here."""

import json
import secrets
import subprocess
import sys
from pathlib import Path

from config.private_files import make_private_file
from idp.demo import cards
from idp.demo.programs import ProgramError

NAME = "enrollment"  # of its registration and of the folder of its data
AFTER = 1  # its port minus that of the identity provider


def address(first_port: int) -> str:
    """The address of enrollment: to a browser, 127.0.0.1 and localhost are two sites, as in production."""
    return f"http://127.0.0.1:{first_port + AFTER}"


def secret_file(folder: Path) -> Path:
    """The file of the secret by which it calls the identity provider, which both services read; made once."""
    file = folder / "enrollment-interface.txt"
    if not file.exists():
        make_private_file(file)
        file.write_text(secrets.token_urlsafe(32) + "\n", encoding="ascii")
    return file


def client_secret_file(folder: Path) -> Path:
    """The file of the client secret with which operators sign in to it."""
    return folder / f"{NAME}.secret"


def serve(folder: Path, *, issuer: str, first_port: int) -> list[str]:
    """Write the settings file of enrollment in `folder`, and return the command that starts it with them."""
    data_folder = (folder / NAME).resolve()
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = folder / "enrollment.toml"
    settings.write_text(
        f"""\
# The settings of enrollment in the demonstration. Each start overwrites this file.
environment = "development"
address = "{address(first_port)}"
port = {first_port + AFTER}
idp_issuer = "{issuer}"
idp_secret_file = {json.dumps(str(secret_file(folder).resolve()), ensure_ascii=False)}
client_secret_file = {json.dumps(str(client_secret_file(folder).resolve()), ensure_ascii=False)}
region = "Région Centre"
support_phone = "02 00 00 00 00"
support_email = "assistance@exemple.test"
data_folder = {json.dumps(str(data_folder), ensure_ascii=False)}
mail_transport = "folder"
workers = 1
{cards.bridge_lines(first_port)}""",
        encoding="utf-8",
    )
    return [*_command(folder), "serve"]


def fill_queue(folder: Path) -> None:
    """Give operators requests of invented people to decide on, unless there are requests already.

    Raises:
        ProgramError: the command failed; the text is what it said.
    """
    filled = subprocess.run(
        [*_command(folder), "demo-requests"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if filled.returncode:
        raise ProgramError(f"Enrollment's invented requests could not be added: {filled.stdout.strip()}")


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "enrollment", "--settings", str(folder / "enrollment.toml")]
