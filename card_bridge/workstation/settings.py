"""The settings of the bridge: which origins may ask the card to sign, and where the bridge listens.

The IT department writes /etc/poterne-card-bridge.toml. A file of the user's own, ~/.config/poterne-card-bridge.toml,
adds origins and replaces the other settings. `--settings FILE` is read instead of both.
"""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from card_bridge.workstation.files import SYSTEM_SETTINGS, user_settings
from card_bridge.workstation.origins import OriginInvalid, parse_origin
from config.strict_parsing import InvalidToml, parse_toml
from config.text_files import FileRefused, NotText, read_text

DEFAULT_PORTS: Final = (16731, 16732, 16733, 16734)
_MOST_PORTS, _MOST_ORIGINS = 64, 100


class SettingsInvalid(Exception):
    """The settings cannot be used. `problems` says everything that is wrong, one sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSettings:
    """What the settings files say."""

    origins: tuple[str, ...] = ()
    """The identity providers and services that may ask for a signature."""
    ports: tuple[int, ...] = DEFAULT_PORTS
    """The bridge listens on the first one that is free. A terminal server needs one for each user who is logged in."""
    development: bool = False
    """Accept origins with http on localhost and 127.0.0.1."""
    pin_from_page: bool = False
    """Accept a PIN that was typed in the page; the person still confirms in the bridge's own window."""
    ca_file: Path | None = None
    """Certificate authorities that are trusted beside the system's, in PEM."""

    @classmethod
    def load(cls, file: Path | None = None) -> Self:
        """Read the settings.

        Args:
            file: the only file to read; None for the system's and the user's.

        Raises:
            SettingsInvalid: a file cannot be read, others can write it, or a value is wrong.
        """
        if file is not None:
            return cls._of([(file, _table(file))])
        return cls._of([(each, _table(each)) for each in (SYSTEM_SETTINGS, user_settings()) if each.exists()])

    @classmethod
    def _of(cls, tables: Iterable[tuple[Path, Mapping[str, Any]]]) -> Self:
        merged: dict[str, Any] = {}
        for _, table in tables:
            merged |= {**table, "origins": [*merged.get("origins", []), *_list(table.get("origins", []))]}
        problems: list[str] = []
        unknown = merged.keys() - {field.name for field in fields(cls)}
        problems += [f"{name}: no such setting" for name in sorted(unknown)]
        for name in ("development", "pin_from_page"):
            if not isinstance(merged.get(name, False), bool):
                problems.append(f"{name}: must be true or false")
        development = merged.get("development") is True
        settings = cls(
            origins=_origins(merged.get("origins", []), development=development, problems=problems),
            ports=_ports(merged.get("ports", DEFAULT_PORTS), problems),
            development=development,
            pin_from_page=merged.get("pin_from_page") is True,
            ca_file=_ca_file(merged.get("ca_file"), problems),
        )
        if problems:
            raise SettingsInvalid(problems)
        return settings


def _table(file: Path) -> Mapping[str, Any]:
    try:
        table = parse_toml(read_text(file))
        mode = file.stat().st_mode
    except (FileRefused, NotText, InvalidToml, OSError) as wrong:
        raise SettingsInvalid([f"{file}: {wrong}"]) from None
    if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsInvalid([f"{file}: other users can change it: chmod go-w {file}"])
    return table


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _origins(values: list[Any], *, development: bool, problems: list[str]) -> tuple[str, ...]:
    accepted: dict[str, None] = {}
    if len(values) > _MOST_ORIGINS:
        problems.append(f"origins: must have at most {_MOST_ORIGINS}")
    for value in values[:_MOST_ORIGINS]:
        try:
            accepted[parse_origin(str(value), development=development)] = None
        except OriginInvalid as wrong:
            problems.append(f"origins: {str(value)[:100]!a} {wrong}")
    return tuple(accepted)


def _ports(values: Any, problems: list[str]) -> tuple[int, ...]:
    is_list = isinstance(values, list | tuple) and 1 <= len(values) <= _MOST_PORTS
    if not is_list or any(type(port) is not int or not 1024 <= port <= 65535 for port in values):
        problems.append(f"ports: must be a list of 1 to {_MOST_PORTS} numbers from 1024 to 65535")
        return ()
    return tuple(dict.fromkeys(values))


def _ca_file(value: Any, problems: list[str]) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str) or not Path(value).is_file():
        problems.append("ca_file: must be the path of a file of certificates in PEM")
        return None
    return Path(value)
