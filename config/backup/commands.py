"""A service's commands `backup FILE` and `restore FILE`; click's context object gives them its database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import click

from config.actor import Actor
from config.backup.backup import back_up
from config.backup.backup_file import BackupRefused, BackupSummary, ServiceDatabase
from config.backup.restoration import restore as restore_database
from config.command_options import NewFile
from config.commands import ExitCode, HasDatabase, echo, stop
from config.encryption import EncryptionError, KeyEncryption, encryption_key_file
from config.sql.database import Database, DatabaseUnavailable
from config.sql.migrations import SchemaTooNew

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE:d}  done
  {ExitCode.REFUSED:d}  refused: the reason is on standard error, and nothing was changed
  {ExitCode.USAGE:d}  wrong usage
  {ExitCode.UNAVAILABLE:d}  the database does not answer"""


class HasBackups(HasDatabase, Protocol):
    """The `obj` that the command of the service passes to click."""

    @property
    def backed_up(self) -> ServiceDatabase: ...


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=NewFile())
@click.pass_obj
def backup(installation: HasBackups, file: Path) -> None:
    """Save the whole database to FILE, while the service keeps running.

    Only your user can read FILE. An existing FILE is replaced once the new backup is complete.

    The backup does not contain the key-encryption key, which a restore needs, nor the sessions of people. Keep a
    copy of the key-encryption key file in a place where the backups are not.
    """
    with _errors_as_exit_codes():
        encryption = KeyEncryption.of(installation.settings)
        summary = back_up(installation.backed_up, installation.database, encryption, file, actor=Actor.command_line())
    echo(f"Saved {_rows(summary)} to {file}.")
    echo(f"A restore needs the key-encryption key {', '.join(summary.key_ids) or encryption.first_id}:")
    echo(f"  keep a copy of {encryption_key_file(installation.settings)} in another place than the backup.")


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def restore(installation: HasBackups, file: Path) -> None:
    """Restore the database from FILE, which the command `backup` wrote.

    The database that the settings name must be empty; it may be SQLite or PostgreSQL, whichever the backup came
    from. FILE is checked in full before anything is written.

    The key-encryption key file must have the keys that the backup was made with. Stop the service before you
    restore, and empty its Redis before you start it again.
    """
    with _errors_as_exit_codes():
        # `KeyEncryption.of` would create a missing key file in development, but a new key decrypts no backup.
        encryption = KeyEncryption.read(encryption_key_file(installation.settings))
        database = Database.open(installation.settings)
        try:
            summary = restore_database(installation.backed_up, database, encryption, file, actor=Actor.command_line())
        finally:
            database.close()
    echo(f"Restored {_rows(summary)}, as they were on {summary.made_at:%Y-%m-%d at %H:%M} UTC.")
    echo("A backup contains no sessions. Next, empty Redis and start the service; people will log in again.")


def _rows(summary: BackupSummary) -> str:
    return f"{sum(summary.tables.values())} rows in {len(summary.tables)} tables"


@contextmanager
def _errors_as_exit_codes() -> Iterator[None]:
    try:
        yield
    except (BackupRefused, EncryptionError, SchemaTooNew) as refused:
        stop(ExitCode.REFUSED, "refused", str(refused))
    except OSError as wrong:
        stop(ExitCode.REFUSED, "file", f"{wrong.filename}: {os.strerror(wrong.errno or 0)}")
    except DatabaseUnavailable as away:
        stop(ExitCode.UNAVAILABLE, "unavailable", str(away))
