"""Options and types of arguments that several commands have, and the list of exit codes in their help."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from config.commands import ExitCode

Function = TypeVar("Function", bound=Callable[..., Any])

json_option = click.option("--json", "in_json", is_flag=True, help="Print the result and problems in JSON.")


class Instant(click.ParamType[datetime]):
    """An instant such as `2026-03-01` or `2026-03-01T14:30:00`, in UTC unless it has an offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(value)
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):  # beyond the year 9999, in UTC
            self.fail("must be an instant, such as 2026-03-01 or 2026-03-01T14:30:00+01:00", param, ctx)


class NewFile(click.Path):
    """The file that a command writes. An empty name, as of a variable that a script has not set, is wrong usage."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail("must be the name of a file", param, ctx)
        return super().convert(value, param, ctx)


def page_options(*, of: str, key: str = "NAME", default: int = 100, most: int = 1000) -> Callable[[Function], Function]:
    """`--after` and `--limit`, for a list in alphabetical order: `of` names its items, `key` what orders them."""

    def with_options(function: Function) -> Function:
        limit = click.option(
            "--limit",
            default=default,
            show_default=True,
            type=click.IntRange(1, most),
            help=f"List at most this many {of}.",
        )
        after = click.option("--after", default="", metavar=key, help=f"List only {of} after {key}, alphabetically.")
        return after(limit(function))

    return with_options


def exit_codes(*, not_found: str, conflict: str, unavailable: str = "the database does not answer") -> str:
    """The epilog of a command's help: its exit codes, with the meaning of those that differ between commands."""
    return f"""\b
Exit codes:
  {ExitCode.DONE}  done (also when there was nothing to change)
  {ExitCode.REFUSED}  refused: every problem is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  {not_found}
  {ExitCode.CONFLICT}  {conflict}
  {ExitCode.UNAVAILABLE}  {unavailable}"""
