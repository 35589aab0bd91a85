"""docs/workstation.md names the settings, commands and policies of the card software as they are."""

import re
from dataclasses import fields
from pathlib import Path

import click

from card_bridge.workstation.commands import main
from card_bridge.workstation.pages.sheet import chromium_policy, firefox_policy, older_chromium_policy
from card_bridge.workstation.settings import BridgeSettings

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/workstation.md").read_text(encoding="utf-8")
SITES = ["https://id.exemple.test"]


def test_every_setting_is_in_the_table_and_no_other():
    table = PAGE.partition("## Settings")[2].partition("## Check it")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {field.name for field in fields(BridgeSettings)}


def test_every_command_exists_with_its_options():
    shown = set(re.findall(r"card-bridge ([a-z]+)((?: --[a-z]+)*)", PAGE))
    assert shown
    for name, options in shown:
        command = main.commands[name]
        assert isinstance(command, click.Command)
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(options.split()) <= known, name


def test_every_policy_is_the_one_of_the_sheet():
    for policy in (chromium_policy(SITES), older_chromium_policy(SITES), firefox_policy(SITES)["policies"]):
        (name,) = policy
        assert f"`{name}`" in PAGE
    (value,) = firefox_policy(SITES)["policies"].values()
    assert set(re.findall(r'"(\w+)":', PAGE)) == set(value)
