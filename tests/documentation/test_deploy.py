"""docs/deploy.md and deploy/ name commands, settings and files that exist."""

import configparser
import re
import shlex
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path

import click
import pytest

from idp.commands import idp
from idp.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
UNIT = ROOT / "deploy/poterne.service"

SHELL_LINES = [line.strip() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
COMMANDS = [line for line in (*SHELL_LINES, *re.findall(r"`(idp [^`]+)`", PAGE)) if line.startswith("idp ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_shown_exists_with_its_options(line):
    assert_is_understood(shlex.split(line)[1:])


def test_the_unit_starts_a_command_that_exists():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT, encoding="utf-8")
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[0].endswith("/bin/idp")
    assert_is_understood(words[1:])


def assert_is_understood(words: list[str]) -> None:
    """Each word is parsed as click would, and nothing is run."""
    command: click.Command = idp
    context = click.Context(command, info_name="idp")
    while isinstance(command, click.Group):
        _, words, _ = command.make_parser(context).parse_args(words)
        assert words, "it names no command"
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, context, words = found, click.Context(found, info_name=words[0], parent=context), words[1:]
    given, left, _ = command.make_parser(context).parse_args(words)
    assert left == []
    missing = [each.name for each in command.params if each.required and each.name not in given]
    assert missing == []


def test_the_settings_it_names_exist():
    settings = {field.name for field in fields(Settings)}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)[ `]", PAGE))
    assert {name for name in named if name not in settings and name.removesuffix("_file") not in settings} == {
        "temporarily_unavailable"
    }


def test_the_files_of_the_tree_that_are_installed_are_there():
    script = (ROOT / "deploy/install").read_text(encoding="utf-8")
    installed = re.findall(r"(?<![\w/])(?:deploy|idp/environments)/[\w.*-]+", script)
    assert installed
    for pattern in installed:
        assert list(ROOT.glob(pattern)), pattern


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_systemd_understands_the_unit(tmp_path):
    """With a program that is there in place of ours."""
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    unit = tmp_path / "poterne.service"
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert complaints == []
