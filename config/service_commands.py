"""The common parts of a service's command: `Installation`, `migrate`, `serve`, and the exit codes of errors.

A service derives `Installation`, makes a `LazyGroup`, adds `migrate` to it and calls
`run` from its console script, as `idp/commands.py` does. Functions import the libraries
that they use, because `serve` uses few of them and runs for months.
"""

import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import click

from config.commands import ExitCode, echo, stop
from config.common_settings import CommonSettings
from config.private_files import keep_files_private
from config.settings_reader import SettingsError
from config.start_checks import refuse_unusable

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from config.backup.backup_file import ServiceDatabase
    from config.server.service import ServiceProcesses
    from config.sql.database import Database
    from config.sql.migrations import Migrations

Settings = TypeVar("Settings", bound=CommonSettings)


class Installation(ABC, Generic[Settings]):
    """The settings and the database of a service, opened when a command first needs them and closed when it ends."""

    def __init__(self, table: type[Settings], settings_file: Path | None, closing: ExitStack) -> None:
        """Prepare to read settings.

        Args:
            table: the class of the service's settings.
            settings_file: their file, or None for the one that the environment names.
            closing: the stack that closes the database when the command ends.
        """
        self._table = table
        self._settings_file = settings_file
        self._closing = closing

    service: ClassVar[str]
    """The name of the service, which is also that of its command."""

    @property
    @abstractmethod
    def tables(self) -> "MetaData":
        """Every table of the service's database."""

    @property
    @abstractmethod
    def migrations(self) -> "Migrations":
        """The migrations of the service's database."""

    @property
    def backed_up(self) -> "ServiceDatabase":
        """What `backup` and `restore` must know of the database."""
        from config.backup.backup_file import ServiceDatabase

        return ServiceDatabase(service=self.service, migrations=self.migrations, tables=self.tables)

    @cached_property
    def settings(self) -> Settings:
        return self._table.load(self._settings_file)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with which child processes read the same settings."""
        named = (
            {f"{self._table.environment_prefix}SETTINGS": str(self._settings_file.resolve())}
            if self._settings_file
            else {}
        )
        return {**os.environ, **named}

    @cached_property
    def database(self) -> "Database":
        """The database, whose tables are first migrated: so every command works on a new installation."""
        from config.sql.database import Database

        database = Database.open(self.settings)
        self._closing.callback(database.close)
        self.migrations.migrate(database)
        return database


@click.command()
@click.pass_obj
def migrate(installation: Installation[CommonSettings]) -> None:
    """Create the tables of the database, or update them.

    Other commands do this too before they use the database.
    """
    from config.sql.database import Database

    database = Database.open(installation.settings)
    changed = installation.migrations.migrate(database)
    database.close()
    echo("The tables are now up to date." if changed else "The tables were already up to date.")


def serve(
    installation: Installation[Settings],
    service: "ServiceProcesses",
    *,
    web_environment: Mapping[str, str] | None = None,
) -> None:
    """Run the processes of the service until a signal stops them, and exit with their status."""
    from config.server.listening import CannotListen
    from config.server.supervisor import serve as run_processes

    refuse_unusable(installation.settings)
    try:
        status = run_processes(
            installation.settings, service, environment=installation.environment, web_environment=web_environment
        )
    except CannotListen as wrong:
        stop(ExitCode.REFUSED, "port", str(wrong))
    sys.exit(status)


def run(group: click.Group, arguments: Sequence[str] | None = None) -> None:
    """Run a console script: only our user can read the files it creates, and an error is one sentence on stderr."""
    keep_files_private()
    with _errors_as_exit_codes():
        group.main(arguments)


@contextmanager
def _errors_as_exit_codes() -> Iterator[None]:
    """Stop with an exit code on an error that any command can raise.

    Such errors are unusable settings, keys or files, a newer schema, and a database or Redis that does not answer.
    """
    try:
        yield
    except SystemExit:  # click ends every command by it; the exceptions below would be imported to be compared with it
        raise
    except SettingsError as wrong:
        stop(ExitCode.REFUSED, "settings", wrong.problems)
    except _refusals() as wrong:
        stop(ExitCode.REFUSED, "refused", str(wrong))
    except OSError as wrong:
        if wrong.filename is None:
            raise
        stop(ExitCode.REFUSED, "file", f"{wrong.filename}: {os.strerror(wrong.errno or 0)}")
    except _unavailable() as error:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"{error}{_reason(error)}")


def _refusals() -> tuple[type[Exception], ...]:
    """The exceptions of exit code 1. They are imported only when an exception is raised."""
    from config.encryption import EncryptionError
    from config.sql.database import UnfitDatabase
    from config.sql.migrations import SchemaTooNew

    return EncryptionError, SchemaTooNew, UnfitDatabase


def _unavailable() -> tuple[type[Exception], ...]:
    from config.redis.server_program import EmbeddedRedisError
    from config.redis.store import StoreUnavailable
    from config.sql.database import DatabaseUnavailable

    return DatabaseUnavailable, StoreUnavailable, EmbeddedRedisError


def _reason(error: Exception) -> str:
    """The first line of the driver's message. It names hosts, users and files, which an operator may see."""
    message = str(getattr(error.__cause__, "orig", "")).partition("\n")[0]
    return f" ({message[:300]})" if message else ""
