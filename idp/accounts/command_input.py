"""How the commands read a password: from a file, from standard input or at a terminal.

A password is never an argument of a command: the shell's history and every
process of the machine would see it.
"""

import sys

import click

from config.commands import ask_secret
from config.text_files import NotText, text_of
from idp.accounts.errors import AccountProblems
from idp.accounts.passwords.policies import CEILING

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
