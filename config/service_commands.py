"""The outermost command of a service: what commands act on, those that every service has, how problems are told.

A service derives `Installation`, makes a group of `LazyGroup`, adds `migrate` to it
and calls `run` from its console script (`idp/commands.py` does). Libraries are
imported where they are used: `serve` needs few of them, and runs for months.
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

    from config.backup.backup import ServiceDatabase
    from config.server.service import ServiceProcesses
    from config.sql.database import Database
    from config.sql.migrations import Migrations

Settings = TypeVar("Settings", bound=CommonSettings)


class Installation(ABC, Generic[Settings]):
    """What the commands of a service act on, opened when a command first needs it and closed when it ends."""

    def __init__(self, table: type[Settings], settings_file: Path | None, closing: ExitStack) -> None:
        """`table` are the service's settings, read from `settings_file` and the environment."""
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
        """Those of the service's database."""

    @property
    def backed_up(self) -> "ServiceDatabase":
        """What `backup` and `restore` must know of the database."""
        from config.backup.backup import ServiceDatabase

        return ServiceDatabase(service=self.service, migrations=self.migrations, tables=self.tables)

    @cached_property
    def settings(self) -> Settings:
        return self._table.load(self._settings_file)

    @property
    def environment(self) -> dict[str, str]:
        """What child processes read the same settings from."""
        named = (
            {f"{self._table.environment_prefix}SETTINGS": str(self._settings_file.resolve())}
            if self._settings_file
            else {}
        )
        return {**os.environ, **named}

    @cached_property
    def database(self) -> "Database":
        """Brought up to date first: the first command of a new installation works like any other."""
        from config.sql.database import Database

        database = Database.open(self.settings)
        self._closing.callback(database.close)
        self.migrations.migrate(database)
        return database


@click.command()
@click.pass_obj
def migrate(installation: Installation[CommonSettings]) -> None:
    """Bring the database's tables up to date, if they are not."""
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
    """Run the processes of the service until they are told to stop, and exit with their status."""
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
    """What a console script does: the files it makes are private, and any problem is told in a sentence."""
    keep_files_private()
    with _problems_told():
        group.main(arguments)


@contextmanager
def _problems_told() -> Iterator[None]:
    """What any command can meet: settings, keys or files that cannot be used, a newer schema, a store that is away."""
    try:
        yield
    except SettingsError as wrong:
        stop(ExitCode.REFUSED, "settings", wrong.problems)
    except _refusals() as wrong:
        stop(ExitCode.REFUSED, "refused", str(wrong))
    except OSError as wrong:
        if wrong.filename is None:
            raise
        stop(ExitCode.REFUSED, "file", f"{wrong.filename}: {os.strerror(wrong.errno or 0)}")
    except _unavailable() as away:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"A store does not answer: {away}{_reason(away)}")


def _refusals() -> tuple[type[Exception], ...]:
    """Asked for when there is an exception, and imported then."""
    from config.encryption import EncryptionError
    from config.sql.database import UnfitDatabase
    from config.sql.migrations import SchemaTooNew

    return EncryptionError, SchemaTooNew, UnfitDatabase


def _unavailable() -> tuple[type[Exception], ...]:
    from config.redis.server_program import EmbeddedRedisError
    from config.redis.store import StoreUnavailable
    from config.sql.database import DatabaseUnavailable

    return DatabaseUnavailable, StoreUnavailable, EmbeddedRedisError


def _reason(away: Exception) -> str:
    """The first line of what the driver says: it names hosts, users and files, which are an operator's to know."""
    said = str(getattr(away.__cause__, "orig", "")).partition("\n")[0]
    return f" ({said[:300]})" if said else ""
