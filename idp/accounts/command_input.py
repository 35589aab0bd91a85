"""What the commands about accounts share: their exit codes, and how they read a password or a date.

A password is never an argument of a command: the shell's history and every
process of the machine would see it. It comes from a file, standard input or a terminal.
"""

import sys
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import click

from config.command_options import exit_codes
from config.commands import ask_secret
from config.text_files import NotText, text_of
from idp.accounts.errors import AccountProblems
from idp.accounts.passwords.policies import CEILING
from idp.accounts.service import AccountService
from idp.settings import Settings

EXIT_CODES = exit_codes(
    not_found="no such account, application or community",
    conflict="the login or the national identifier belongs to another account",
    unavailable="the database or Redis does not answer",
)


class ProvidesAccounts(Protocol):
    """Click's `obj`, as the `idp` command sets it; it opens the database when a command first needs it."""

    @property
    def settings(self) -> Settings: ...

    def account_service(self) -> AccountService: ...

    def find_application(self, name: str) -> str | None:
        """The identifier of the application that has this name or this identifier."""

    def roles_in(self, identifier: str) -> tuple[str, ...]:
        """The roles that the registration of the application with this identifier lists."""


class DayOrInstant(click.ParamType[date | datetime]):
    """A day, or an instant with its time zone: ISO 8601."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date | datetime:
        if isinstance(value, date):
            return value
        try:
            when = date.fromisoformat(value) if len(value) <= len("2026-12-31") else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date, such as 2026-12-31 or 2026-12-31T18:00+01:00", param, ctx)
        if isinstance(when, datetime) and when.tzinfo is None:
            self.fail(f"{value!r} has no time zone: write 2026-12-31, or 2026-12-31T18:00+01:00", param, ctx)
        if not 2000 <= when.year < 2200:
            self.fail(f"{value!r} is not of this century or the next", param, ctx)
        return when


def beginning_of(when: date | datetime, zone: ZoneInfo) -> datetime:
    """The instant `when`, or the first one of that day where the region is."""
    return when if isinstance(when, datetime) else datetime.combine(when, time(), zone).astimezone(UTC)


def end_of(when: date | datetime, zone: ZoneInfo) -> datetime:
    """The instant `when`, or the one at which that day is over where the region is."""
    return when if isinstance(when, datetime) else beginning_of(when + timedelta(days=1), zone)


_LARGEST_PASSWORD_FILE = 4 * CEILING + 2  # UTF-8, and a line end


def password_in(file: str) -> str:
    """The password that `file` holds (`-`: standard input), without a last line end."""
    with click.open_file(file, "rb") as source:
        return _decoded(source.read(_LARGEST_PASSWORD_FILE))


def password_from_standard_input() -> str:
    """The password typed at a terminal without being shown, or written by another program."""
    if sys.stdin.isatty():
        return ask_secret("Password")
    return password_in("-")


def _decoded(octets: bytes) -> str:
    try:
        return text_of(octets).removesuffix("\n")
    except NotText as wrong:
        raise AccountProblems([f"the password {wrong}"]) from None
