"""`keys make-encryption-key` and `keys rotate-encryption-key` of a service: the key that encrypts stored secrets."""

from pathlib import Path
from typing import Protocol

import click
from sqlalchemy import MetaData

from config.command_options import NewFile
from config.commands import ExitCode, HasDatabase, echo, stop
from config.encryption import (
    EncryptionError,
    KeyEncryption,
    encryption_key_file,
    make_encryption_key_file,
    put_new_key_first,
)
from config.reencryption import reseal


class ProvidesTables(HasDatabase, Protocol):
    """The `obj` that the command of the service passes to click."""

    @property
    def tables(self) -> MetaData:
        """Every table of the service; any of them may have encrypted columns."""


@click.command("make-encryption-key")
@click.argument("file", type=NewFile())
def make_encryption_key(file: Path) -> None:
    """Write a new key-encryption key to FILE. Only your user can read the file.

    \b
    Exit codes: 0 written, 1 FILE already exists
    """
    if not make_encryption_key_file(file):
        stop(ExitCode.REFUSED, "exists", f"{file} already exists and was not changed.")
    echo(f"{file} is written. Set key_encryption_key_file to this path, and keep a copy apart from the backups.")


@click.command("rotate-encryption-key")
@click.option(
    "--reseal-only", is_flag=True, help="Do not add a key; encrypt everything again with the first key of the file."
)
@click.pass_obj
def rotate_encryption_key(installation: ProvidesTables, *, reseal_only: bool) -> None:
    """Add a new key to the key-encryption key file and encrypt every stored secret again with it.

    The new key becomes the first line of the file; older lines stay, to decrypt. If the service runs on several
    machines, add the new line to the file of every machine yourself, restart the service on each, and then run this
    command with --reseal-only.

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
    echo(f"{resealed} values are now encrypted with the key {encryption.first_id!r}.")
    if not reseal_only:
        echo(
            f"Next: restart the service, which still encrypts with {before.first_id!r}. "
            f"Then run: {click.get_current_context().command_path} --reseal-only"
        )
    echo("Keep the older lines of the file while you need backups and audit checkpoints that were made with them.")
