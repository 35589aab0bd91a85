"""Declares, reads and reports settings.

A table of settings is a frozen dataclass whose fields are made by `setting`. `read`
fills it from TOML and the environment, and reports every problem together, with the
names of the settings. The tables are in `common_settings.py` and in each service.
"""

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import MISSING, Field, dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from config import settings_checks as checks
from config.strict_parsing import InvalidToml, parse_toml
from config.text_files import FileRefused, NotText, read_private_text, read_text, why_not_private

Check = Callable[[Any], str | None]
Table = TypeVar("Table")


class SettingsError(Exception):
    """The settings are invalid; `problems` has a sentence for each problem."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Declaration:
    """The declaration of a setting, besides its type and default."""

    doc: str
    group: str
    check: Check | None
    secret: bool


def setting(
    default: Any = MISSING,
    *,
    doc: str,
    group: str,
    check: Check | None = None,
    secret: bool = False,
) -> Any:
    """Declare a setting with its default, its meaning (`doc`) and its `check`.

    `check` takes the value and returns what is wrong with it, or None. Without it, a number and a duration
    must be greater than 0. A secret setting is left out of the table's `repr` and can be given as `<name>_file`.
    """
    return field(
        default=default,
        repr=not secret,
        metadata={"declaration": Declaration(doc, group, check, secret)},
    )


def declarations(table: type) -> Iterator[tuple[Field[Any], Declaration]]:
    """The settings of `table` with their declarations, in the order of the source."""
    for declared in dataclasses.fields(table):
        declaration: Declaration = declared.metadata["declaration"]
        if declaration.check is None and isinstance(declared.type, type):
            declaration = dataclasses.replace(declaration, check=_DEFAULT_CHECKS.get(declared.type))
        yield declared, declaration


def read(table: type[Table], *, file: Path | None, variables: Mapping[str, str], given: Mapping[str, Any]) -> Table:
    """Read `table` from a TOML file, from `variables` (see `without_prefix`) and from `given`.

    Each source overrides the one before it.

    Raises:
        SettingsError: naming every setting that is unknown, missing, of the wrong type or invalid; or the file alone,
            if it cannot be read.
    """
    problems: list[str] = []
    known = {declared.name: (declared, declaration) for declared, declaration in declarations(table)}
    secrets = {name for name, (_, declaration) in known.items() if declaration.secret}
    configured = _read_file(file, secrets, problems) | dict(variables)
    given = _secrets_from_files(configured, known, problems) | dict(given)

    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            meant = "".join(f"; did you mean {near}?" for near in get_close_matches(name, known, n=1, cutoff=0.8))
            problems.append(f"{name}: no such setting{meant}")
            continue
        declared, _ = known[name]
        try:
            values[name] = _converted(value, declared.type)
        except ValueError as wrong:
            problems.append(f"{name}: {wrong}")
    for name, (declared, declaration) in known.items():
        if name in values and declaration.check and (fault := declaration.check(values[name])):
            problems.append(f"{name}: {fault}")
        if name not in given and declared.default is MISSING:
            problems.append(f"{name}: must be set ({declaration.doc})")
    if problems:
        raise SettingsError(problems)
    return table(**values)


def without_prefix(variables: Mapping[str, str], prefix: str) -> dict[str, str]:
    """The environment variables that begin with `prefix`, by the names of their settings."""
    return {name.removeprefix(prefix).lower(): value for name, value in variables.items() if name.startswith(prefix)}


def _read_file(file: Path | None, secrets: Set[str], problems: list[str]) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        values = parse_toml(read_text(file))
        if secrets & values.keys() and (why := why_not_private(file, file.stat())):
            problems.append(f"{file}: contains a secret and {why}")
    except (FileRefused, NotText) as refused:
        raise SettingsError([f"{file}: {refused}"]) from None
    except InvalidToml as wrong:
        raise SettingsError([f"{file}: not TOML: {wrong}"]) from None
    return values


def _secrets_from_files(
    values: dict[str, Any], known: Mapping[str, tuple[Field[Any], Declaration]], problems: list[str]
) -> dict[str, Any]:
    """`smtp_password_file = "/run/secrets/smtp"` sets `smtp_password`, without a final newline."""
    result = dict(values)
    for name in values:
        secret = name.removesuffix("_file")
        if name in known or secret not in known or not known[secret][1].secret:
            continue
        path = Path(str(result.pop(name)))
        try:
            result[secret] = read_private_text(path).rstrip("\n")
        except (FileRefused, NotText, ValueError) as refused:
            problems.append(f"{name}: {path} {refused}")
    return result


def _converted(value: Any, wanted: Any) -> Any:
    """A TOML value, or the text of a variable, as the declared type.

    Raises:
        ValueError: it cannot be converted; the message says what is expected.
    """
    if get_origin(wanted) is tuple:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list):
            raise ValueError("must be a list")
        return tuple(_converted(item.strip() if isinstance(item, str) else item, get_args(wanted)[0]) for item in items)
    convert = _CONVERSIONS.get(wanted)
    if convert is None and issubclass(wanted, StrEnum):
        return _choice(value, wanted)
    if convert is None:
        raise TypeError(f"a setting cannot be of type {wanted}")
    return convert(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _path(value: Any) -> Path:
    text = _text(value)
    if not text.isprintable():
        raise ValueError("must be the name of a file or folder")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError("begins with an unknown home directory") from None


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a whole number")
    if isinstance(value, str) and not re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
        raise ValueError("must be a whole number")
    return int(value)


def _boolean(value: Any) -> bool:
    match value:
        case bool():
            return value
        case "true" | "1" | "yes":
            return True
        case "false" | "0" | "no":
            return False
    raise ValueError("must be true or false")


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> timedelta:
    """`"90 s"`, `"30 m"`, `"4 h"`, `"120 d"`."""
    text = _text(value).strip()
    number, unit = text[:-1].strip(), text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdecimal()):
        raise ValueError('must be a duration such as "90 s", "30 m", "4 h" or "120 d"')
    try:
        return timedelta(**{_UNITS[unit]: int(number)})
    except (OverflowError, ValueError):  # Python refuses numbers with more than 4,300 digits
        raise ValueError("is too long") from None


def _choice(value: Any, wanted: type[StrEnum]) -> StrEnum:
    try:
        return wanted(value)
    except ValueError:
        raise ValueError(f"must be one of {', '.join(wanted)}") from None


_DEFAULT_CHECKS: dict[type, Check] = {int: checks.positive, timedelta: checks.positive_duration}
_CONVERSIONS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    Path: _path,
    int: _integer,
    bool: _boolean,
    timedelta: _duration,
}
