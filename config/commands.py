"""Output, exit codes and refusals of the commands of every service.

Every command prints through this module. It escapes the control characters, line
ends and bidirectional overrides that a stranger may have put into a stored name
(`escaping.py`). Options that several commands have are in `command_options.py`.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from importlib import import_module
from io import StringIO
from typing import IO, TYPE_CHECKING, Any, Final, NoReturn, Protocol

import click

from config.common_settings import CommonSettings
from config.escaping import escaped, escaped_json

if TYPE_CHECKING:  # importing it takes half a second, and few commands need it
    from config.sql.database import Database


class ExitCode(IntEnum):
    """The exit codes, with the same meaning for every command."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    CONFLICT = 4
    UNAVAILABLE = 5


class HasDatabase(Protocol):
    """The `obj` that a service's command gives click."""

    @property
    def settings(self) -> CommonSettings: ...

    @property
    def database(self) -> "Database": ...


_LONGEST_SENTENCE: Final = 400  # characters


class CommandGroup(click.Group):
    """A group whose help has the whole first sentence of each command: click cuts it at the end of the line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, command) for name in self.list_commands(ctx) if (command := self.get_command(ctx, name))]
        rows = [(name, command.get_short_help_str(_LONGEST_SENTENCE)) for name, command in found if not command.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


class EscapingGroup(CommandGroup):
    """The outermost group of a command: it also escapes click's own messages, which repeat what was typed."""

    def main(self, *arguments: Any, **named: Any) -> Any:
        if not named.get("standalone_mode", True):
            return super().main(*arguments, **named)
        named["standalone_mode"] = False
        try:
            code = super().main(*arguments, **named)
        except click.ClickException as wrong:
            message = StringIO()
            wrong.show(message)
            echo_lines(message.getvalue(), err=True)
            raise SystemExit(wrong.exit_code) from None
        except click.Abort:
            echo("Stopped.", err=True)
            raise SystemExit(ExitCode.REFUSED) from None
        raise SystemExit(code or ExitCode.DONE)


class LazyGroup(EscapingGroup):
    """A group that imports a command when it is used, so that a running service loads only what it needs."""

    def __init__(self, *arguments: Any, imported: Mapping[str, str] | None = None, **named: Any) -> None:
        """`imported` maps the name of a command to its place, `module:name`."""
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Click proposes only commands that were imported for one that does not exist."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as unknown:
            raise click.NoSuchCommand(unknown.command_name, possibilities=self.list_commands(ctx), ctx=ctx) from None


def echo(line: str, *, err: bool = False) -> None:
    """Print one line, on standard output or on standard error; a line end within it is escaped."""
    click.echo(escaped(line), err=err)


def echo_lines(text: str, *, err: bool = False) -> None:
    """Print a text of several lines that we have written, such as a file or a table: its line ends are kept."""
    for line in text.removesuffix("\n").split("\n"):
        echo(line, err=err)


def write(answer: object) -> None:
    """Print an answer in JSON on standard output."""
    click.echo(escaped_json(json.dumps(answer, ensure_ascii=False, indent=2)))


def write_line(answer: object, *, file: IO[str] | None = None) -> None:
    """Print an answer in JSON on one line, on standard output or to `file`."""
    click.echo(escaped_json(json.dumps(answer, ensure_ascii=False)), file=file)


def utc_time(at: datetime) -> str:
    """`2026-01-31 14:05 UTC`, for a person to read."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def json_time(at: datetime | None) -> str | None:
    """RFC 3339, in whole seconds, for a script to read."""
    return at.isoformat(timespec="seconds") if at else None


def stop(
    code: ExitCode, error: str, description: str | Sequence[str], *, in_json: bool = False, **more: object
) -> NoReturn:
    """Print a refusal on standard error, one sentence a line, and exit with `code`.

    In JSON, it has the members of RFC 7591 section 3.2.2, and those of `more`.
    """
    sentences = [description] if isinstance(description, str) else list(description)
    if in_json:
        refusal = {"error": error, "error_description": "\n".join(sentences)} | more
        click.echo(escaped_json(json.dumps(refusal, ensure_ascii=False, indent=2)), err=True)
    else:
        for sentence in sentences:
            echo(sentence, err=True)
    raise SystemExit(code)


def is_confirmed(question: str) -> bool:
    """Ask `question` on standard error. Any answer other than yes means no, and so does the end of the input."""
    try:
        return click.confirm(escaped(question), err=True)
    except click.Abort:  # the end of standard input
        click.echo(err=True)
        return False


def ask_secret(name: str) -> str:
    """Ask for a secret twice, without showing it."""
    answer: str = click.prompt(escaped(name), hide_input=True, confirmation_prompt=True, err=True)
    return answer
