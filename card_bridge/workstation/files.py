"""The folders and files of the bridge, by the XDG Base Directory specification."""

import os
import tempfile
from pathlib import Path
from typing import Final

NAME: Final = "poterne-card-bridge"

SYSTEM_SETTINGS: Final = Path(f"/etc/{NAME}.toml")
"""Written by the IT department; every user of the computer has these settings."""


def user_settings() -> Path:
    return config_folder() / f"{NAME}.toml"


def config_folder() -> Path:
    """XDG_CONFIG_HOME."""
    return _xdg_folder("XDG_CONFIG_HOME", ".config")


def grants_file() -> Path:
    """The origins that the person has confirmed."""
    return _xdg_folder("XDG_STATE_HOME", ".local/state") / NAME / "grants.json"


def runtime_folder() -> Path:
    """XDG_RUNTIME_DIR, else a folder of the user's own below the temporary folder."""
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    if given.startswith("/"):
        return Path(given) / NAME
    return Path(tempfile.gettempdir()) / f"{NAME}-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def make_private_folder(folder: Path) -> None:
    """Make `folder`, readable by its owner only.

    Raises:
        PermissionError: it exists and belongs to another user, or others can write into it. A symbolic link of another
            user, which may lead to a folder of this user's, is refused too.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name, status = folder.lstat(), folder.stat()
    if hasattr(os, "getuid") and ({name.st_uid, status.st_uid} != {os.getuid()} or status.st_mode & 0o022):
        raise PermissionError(f"{folder} belongs to another user, or others can write into it")


def _xdg_folder(variable: str, default: str) -> Path:
    given = os.environ.get(variable, "")
    return Path(given) if given.startswith("/") else Path.home() / default
