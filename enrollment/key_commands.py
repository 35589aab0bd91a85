"""`enrollment keys ...`: the key that seals what must not be read in the database. Enrollment has no other key."""

import click

from config.commands import CommandGroup
from config.encryption_commands import make_encryption_key, rotate_encryption_key


@click.group(cls=CommandGroup)
def keys() -> None:
    """The key-encryption key."""


keys.add_command(make_encryption_key)
keys.add_command(rotate_encryption_key)
