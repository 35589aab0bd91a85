"""What the commands of every service share: exit codes, answers in JSON, and how a refusal is told.

The words of each command are beside what it acts on.
"""

import json
from enum import IntEnum
from typing import NoReturn, Protocol

import click

from config.database import Database
from config.settings import Settings


class ExitCode(IntEnum):
    """What a command's exit tells a script; the same number means the same for all."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5


class LendsDatabase(Protocol):
    """What a service's command gives as click's `obj`."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...


def write(answer: object) -> None:
    """An answer in JSON, on standard output."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def stop(code: ExitCode, word: str, described: str, *, in_json: bool, **more: object) -> NoReturn:
    """Tell a refusal on standard error and end; in JSON it has the shape of RFC 7591 section 3.2.2."""
    if in_json:
        refusal = {"error": word, "error_description": described} | more
        click.echo(json.dumps(refusal, ensure_ascii=False, indent=2), err=True)
    else:
        click.echo(described, err=True)
    raise SystemExit(code)
