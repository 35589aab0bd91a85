"""What the commands of every service share: how they write on a terminal, exit codes, and how a refusal is told.

Every command writes through this module, which escapes what a stranger may have put
into a stored name: control characters, line ends, bidirectional overrides
(`escaping.py`). The words of each command are beside what it acts on.
"""

import json
from collections.abc import Mapping, Sequence
from enum import IntEnum
from importlib import import_module
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, NoReturn, Protocol

import click

from config.common_settings import CommonSettings
from config.escaping import escaped, escaped_json

if TYPE_CHECKING:  # importing it takes half a second, and few commands need it
    from config.sql.database import Database


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
    def settings(self) -> CommonSettings: ...

    @property
    def database(self) -> "Database": ...


class EscapingGroup(click.Group):
    """A command's outermost group: click's own messages, which repeat what was typed, are escaped as well."""

    def main(self, *arguments: Any, **named: Any) -> Any:
        if not named.get("standalone_mode", True):
            return super().main(*arguments, **named)
        named["standalone_mode"] = False
        try:
            code = super().main(*arguments, **named)
        except click.ClickException as wrong:
            told = StringIO()
            wrong.show(told)
            echo_lines(told.getvalue(), err=True)
            raise SystemExit(wrong.exit_code) from None
        except click.Abort:
            echo("Stopped.", err=True)
            raise SystemExit(ExitCode.REFUSED) from None
        raise SystemExit(code or ExitCode.DONE)


class LazyGroup(EscapingGroup):
    """A group whose commands are imported when they are used: a service that runs for months holds what it needs."""

    def __init__(self, *arguments: Any, imported: Mapping[str, str] | None = None, **named: Any) -> None:
        """`imported` has, for the name of a command, where it is: `module:name`."""
        super().__init__(*arguments, **named)
        self._imported = dict(imported or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self._imported})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (place := self._imported.get(cmd_name)) is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command


def echo(line: str, *, err: bool = False) -> None:
    """One line on standard output, or on standard error; a line end within it is shown, not obeyed."""
    click.echo(escaped(line), err=err)


def echo_lines(text: str, *, err: bool = False) -> None:
    """A text of several lines, whose line ends are ours: a file that we have written, a table."""
    for line in text.removesuffix("\n").split("\n"):
        echo(line, err=err)


def write(answer: object) -> None:
    """An answer in JSON, on standard output."""
    click.echo(escaped_json(json.dumps(answer, ensure_ascii=False, indent=2)))


def write_line(answer: object, *, file: IO[str] | None = None) -> None:
    """An answer in JSON on one line, for answers that are many; on standard output unless `file` is given."""
    click.echo(escaped_json(json.dumps(answer, ensure_ascii=False)), file=file)


def stop(
    code: ExitCode, word: str, described: str | Sequence[str], *, in_json: bool = False, **more: object
) -> NoReturn:
    """Tell a refusal, one line a sentence, on standard error and end; in JSON it has the shape of RFC 7591 3.2.2."""
    sentences = [described] if isinstance(described, str) else list(described)
    if in_json:
        refusal = {"error": word, "error_description": "\n".join(sentences)} | more
        click.echo(escaped_json(json.dumps(refusal, ensure_ascii=False, indent=2)), err=True)
    else:
        for sentence in sentences:
            echo(sentence, err=True)
    raise SystemExit(code)


def is_confirmed(question: str) -> bool:
    """Ask on standard error, and read the answer; anything but yes, or no answer at all, is no."""
    try:
        return click.confirm(escaped(question), err=True)
    except click.Abort:  # the end of standard input: nobody is there
        click.echo(err=True)
        return False


def ask_secret(name: str) -> str:
    """Ask twice for a secret, which is not shown."""
    answer: str = click.prompt(escaped(name), hide_input=True, confirmation_prompt=True, err=True)
    return answer
