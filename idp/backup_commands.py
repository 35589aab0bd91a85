"""`idp backup FILE` and `idp restore FILE`; click's `obj` lends the settings and the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from config.commands import ExitCode, LendsDatabase, echo, stop
from config.database import Database, DatabaseUnavailable
from config.encryption import EncryptionError, KeyEncryption, encryption_key_file
from config.schema import SchemaTooNew
from idp.backup import BackupRefused, BackupSummary, back_up
from idp.backup import restore as restore_database

ACTOR = "command line"

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE:d}  done
  {ExitCode.REFUSED:d}  refused: the reason is on standard error, and nothing was changed
  {ExitCode.USAGE:d}  wrong usage
  {ExitCode.UNAVAILABLE:d}  the database does not answer"""


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def backup(installation: LendsDatabase, file: Path) -> None:
    """Write the whole database to FILE, which only you can read; the service goes on meanwhile.

    The key-encryption key is not in it: keep a copy of it, elsewhere.
    """
    with _problems_told():
        encryption = KeyEncryption.of(installation.settings)
        summary = back_up(installation.database, encryption, file, actor=ACTOR)
    echo(f"{file}: {_rows(summary)}.")
    echo(f"To restore it you need the key-encryption keys {', '.join(summary.key_ids) or encryption.first_id}:")
    echo(f"  keep a copy of {encryption_key_file(installation.settings)} elsewhere than the backup.")


@click.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.pass_obj
def restore(installation: LendsDatabase, file: Path) -> None:
    """Fill an empty database from FILE, whatever database it was made from."""
    with _problems_told():
        # In development the file would be made when it is missing: a new key opens nothing of a backup.
        encryption = KeyEncryption.read(encryption_key_file(installation.settings))
        database = Database.open(installation.settings)
        try:
            summary = restore_database(database, encryption, file, actor=ACTOR)
        finally:
            database.close()
    echo(f"Restored {_rows(summary)}, as they were on {summary.made_at:%Y-%m-%d at %H:%M} UTC.")
    echo("Sessions are not in a backup: empty Redis, start the service, and people log in again.")


def _rows(summary: BackupSummary) -> str:
    return f"{sum(summary.tables.values())} rows of {len(summary.tables)} tables"


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
