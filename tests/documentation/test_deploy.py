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

from enrollment.commands import enrollment
from enrollment.settings import EnrollmentSettings
from idp.commands import idp
from idp.settings import Settings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
GROUPS: dict[str, click.Group] = {"idp": idp, "enrollment": enrollment}
UNITS = {"poterne.service": "idp", "poterne-card.service": "idp", "poterne-enrollment.service": "enrollment"}
SCRIPTS = ("deploy/install", "deploy/install-enrollment")

SHELL_LINES = [line.strip() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
IN_SENTENCES = re.findall(rf"`((?:{'|'.join(GROUPS)}) [^`]+)`", PAGE)
COMMANDS = [line for line in (*SHELL_LINES, *IN_SENTENCES) if line.partition(" ")[0] in GROUPS]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_shown_exists_with_its_options(line):
    program, *words = shlex.split(line)
    assert_is_understood(program, words)


@pytest.mark.parametrize("name", UNITS)
def test_the_unit_starts_a_command_that_exists(name):
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / name, encoding="utf-8")
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[0].endswith(f"/bin/{UNITS[name]}")
    assert_is_understood(UNITS[name], words[1:])


def assert_is_understood(program: str, words: list[str]) -> None:
    """Each word is parsed as click would, and nothing is run."""
    command: click.Command = GROUPS[program]
    context = click.Context(command, info_name=program)
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
    settings = {field.name for table in (Settings, EnrollmentSettings) for field in fields(table)}
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)[ `]", PAGE))
    assert {name for name in named if name not in settings and name.removesuffix("_file") not in settings} == {
        "card_removal",  # a field of a registration
        "temporarily_unavailable",
        "poterne_card_revocation_lists_stale",
    }


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_files_of_the_tree_that_are_installed_are_there(script):
    text = (ROOT / script).read_text(encoding="utf-8")
    installed = re.findall(r"(?<![\w/])(?:deploy|idp/environments|enrollment/environments)/[\w.*-]+", text)
    assert installed
    for pattern in installed:
        assert list(ROOT.glob(pattern)), pattern


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_understands_the_unit(tmp_path, name):
    """With a program that is there in place of ours."""
    text = re.sub(
        r"^ExecStart=\S+", "ExecStart=/bin/true", (ROOT / "deploy" / name).read_text("utf-8"), flags=re.MULTILINE
    )
    unit = tmp_path / name
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert complaints == []
