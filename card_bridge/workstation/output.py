"""Output and exit codes of the `card-bridge` command. What comes from a card is escaped before a terminal sees it.

The exit codes are those of the `idp` command, whose module a workstation does not install.
"""

import json
from collections.abc import Sequence
from enum import IntEnum
from typing import NoReturn

import click

from config.escaping import escaped, escaped_json


class ExitCode(IntEnum):
    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5


EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done
  {ExitCode.REFUSED}  refused: the reason is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  there is no such thing
  {ExitCode.CONFLICT}  it is already there, or already running
  {ExitCode.UNAVAILABLE}  no reader, no usable card, or no free port
"""


def echo(line: str, *, err: bool = False) -> None:
    """Print one line; a control character in it is escaped."""
    click.echo(escaped(line), err=err)


def write(answer: object) -> None:
    """Print an answer in JSON."""
    click.echo(escaped_json(json.dumps(answer, ensure_ascii=False, indent=2)))


def stop(code: ExitCode, error: str, description: str | Sequence[str], *, in_json: bool = False) -> NoReturn:
    """Print a refusal on standard error, one sentence a line, and exit with `code`."""
    sentences = [description] if isinstance(description, str) else list(description)
    if in_json:
        refusal = {"error": error, "error_description": "\n".join(sentences)}
        click.echo(escaped_json(json.dumps(refusal, ensure_ascii=False, indent=2)), err=True)
    else:
        for sentence in sentences:
            echo(sentence, err=True)
    raise SystemExit(code)
