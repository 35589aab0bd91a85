"""The help of a group of commands, and what it says of a command that does not exist."""

import click
import pytest
from click.testing import CliRunner

from config.commands import CommandGroup, LazyGroup


@click.command()
def account() -> None:
    """People who may log in, with everything that they may use, and the cards and passwords that open it. More."""


OUTER = LazyGroup("outer", imported={"account": f"{__name__}:account"})
INNER = CommandGroup("inner", commands={"account": account})


@pytest.mark.parametrize("group", [OUTER, INNER])
def test_the_help_has_the_whole_first_sentence_of_each_command(group):
    said = " ".join(CliRunner().invoke(group, ["--help"]).stdout.split())
    assert "People who may log in, with everything that they may use, and the cards and passwords that open it." in said
    assert "More" not in said


def test_a_command_that_was_not_imported_yet_is_proposed():
    refused = CliRunner().invoke(OUTER, ["acount"])
    assert refused.exit_code == 2
    assert "No such command 'acount'. Did you mean 'account'?" in refused.stderr
