"""Enrollment in the demonstration: a separate program, of which nothing is imported here."""

import json
import sys
from pathlib import Path

AFTER = 1  # its port minus that of the identity provider


def address(first_port: int) -> str:
    """The address of enrollment: to a browser, 127.0.0.1 and localhost are two sites, as in production."""
    return f"http://127.0.0.1:{first_port + AFTER}"


def serve(folder: Path, *, issuer: str, first_port: int) -> list[str]:
    """Write the settings file of enrollment in `folder`, and return the command that starts it with them."""
    data_folder = (folder / "enrollment").resolve()
    data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = folder / "enrollment.toml"
    settings.write_text(
        f"""\
# The settings of enrollment in the demonstration. Each start overwrites this file.
environment = "development"
address = "{address(first_port)}"
port = {first_port + AFTER}
idp_issuer = "{issuer}"
region = "Région Centre"
support_phone = "02 00 00 00 00"
support_email = "assistance@exemple.test"
data_folder = {json.dumps(str(data_folder), ensure_ascii=False)}
mail_transport = "folder"
workers = 1
""",
        encoding="utf-8",
    )
    return [sys.executable, "-m", "enrollment", "--settings", str(settings), "serve"]
