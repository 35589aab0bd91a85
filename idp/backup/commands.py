"""`idp backup FILE` and `idp restore FILE`; click's `obj` lends the settings and the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from config.actor import Actor
from config.commands import ExitCode, HasDatabase, echo, stop
from config.encryption import EncryptionError, KeyEncryption, encryption_key_file
from config.sql.database import Database, DatabaseUnavailable
from config.sql.migrations import SchemaTooNew
from idp.backup.backup import BackupRefused, BackupSummary, back_up
from idp.backup.backup import restore as restore_database

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE:d}  done
  {ExitCode.REFUSED:d}  refused: the reason is on standard error, and nothing was changed
  {ExitCode.USAGE:d}  wrong usage
  {ExitCode.UNAVAILABLE:d}  the database does not answer"""


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(installation: HasDatabase, file: Path) -> None:
    """Write the whole database to FILE, readable by you alone, while the service keeps running.

    The key-encryption key is not in the backup: keep a copy of it somewhere else.
    """
    with _problems_told():
        encryption = KeyEncryption.of(installation.settings)
        summary = back_up(installation.database, encryption, file, actor=Actor.command_line())
    echo(f"Saved {_rows(summary)} to {file}.")
    echo(f"To restore it, you will need the key-encryption key {', '.join(summary.key_ids) or encryption.first_id}:")
    echo(f"  keep a copy of {encryption_key_file(installation.settings)} in another place than the backup.")


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def restore(installation: HasDatabase, file: Path) -> None:
    """Restore the backup FILE into an empty database, of the same kind (SQLite, PostgreSQL) or the other."""
    with _problems_told():
        # In development the file would be made when it is missing: a new key opens nothing of a backup.
        encryption = KeyEncryption.read(encryption_key_file(installation.settings))
        database = Database.open(installation.settings)
        try:
            summary = restore_database(database, encryption, file, actor=Actor.command_line())
        finally:
            database.close()
    echo(f"Restored {_rows(summary)}, as they were on {summary.made_at:%Y-%m-%d at %H:%M} UTC.")
    echo("Sessions are not part of a backup. Next, empty Redis and start the service; people will log in again.")


def _rows(summary: BackupSummary) -> str:
    return f"{sum(summary.tables.values())} rows in {len(summary.tables)} tables"


@contextmanager
def _problems_told() -> Iterator[None]:
    try:
        yield
    except (BackupRefused, EncryptionError, SchemaTooNew) as refused:
        stop(ExitCode.REFUSED, "refused", str(refused))
    except OSError as wrong:
        stop(ExitCode.REFUSED, "file", f"{wrong.filename}: {os.strerror(wrong.errno or 0)}")
    except DatabaseUnavailable as away:
        stop(ExitCode.UNAVAILABLE, "unavailable", str(away))
