"""`idp keys make-encryption-key` and `idp keys rotate-encryption-key`: the key that seals the others."""

from pathlib import Path
from typing import Protocol

import click
from sqlalchemy import MetaData

from config.commands import ExitCode, LendsDatabase, echo, stop
from config.encryption import (
    EncryptionError,
    KeyEncryption,
    encryption_key_file,
    make_encryption_key_file,
    put_new_key_first,
)
from config.reencryption import reseal


class ProvidesTables(LendsDatabase, Protocol):
    """What the `idp` command gives as click's `obj`."""

    @property
    def tables(self) -> MetaData:
        """Every table, for what is sealed in any of them."""


@click.command("make-encryption-key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def make_encryption_key(file: Path) -> None:
    """Write a new key-encryption key to FILE, which only you can read.

    \b
    Exit codes: 0 made, 1 refused as the file is there already
    """
    if not make_encryption_key_file(file):
        stop(ExitCode.REFUSED, "exists", f"{file} exists already, and was left as it is.")
    echo(f"{file} is written. Set key_encryption_key_file to it, and keep a copy apart from the backups.")


@click.command("rotate-encryption-key")
@click.option("--reseal-only", is_flag=True, help="Make no new key; seal under the first one of the file.")
@click.pass_obj
def rotate_encryption_key(installation: ProvidesTables, *, reseal_only: bool) -> None:
    """Put a new key first in the key-encryption key file, and seal everything anew under it.

    With several machines: put the new line in every machine's file yourself,
    restart the service there, and then run this with --reseal-only.

    \b
    Exit codes: 0 done, 1 refused, 5 the database does not answer
    """
    file = encryption_key_file(installation.settings)
    try:
        database = installation.database
        before = KeyEncryption.of(installation.settings)
        if not reseal_only:
            put_new_key_first(file)
        encryption = KeyEncryption.read(file)
        resealed = reseal(database, encryption, installation.tables)
    except EncryptionError as refused:
        stop(ExitCode.REFUSED, "refused", str(refused))
    echo(f"{resealed} values have been sealed again, under the key {encryption.first_id!r}.")
    if not reseal_only:
        echo(f"Next: restart the service; it still seals with {before.first_id!r}. Then --reseal-only.")
    echo("Keep the older lines as long as backups and audit checkpoints made with them are to be proved.")
