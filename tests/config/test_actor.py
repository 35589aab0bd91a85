"""The audit trail names the actor that each call was given."""

import os
import pwd

import pytest

from config.actor import Actor

HERE = pwd.getpwuid(os.geteuid()).pw_name


def test_a_command_is_run_by_a_user_of_the_system():
    assert str(Actor.command_line({})) == f"cli:{HERE}"


def test_sudo_names_the_person_and_the_account_used():
    assert str(Actor.command_line({"SUDO_USER": "jdupont"})) == f"cli:jdupont as {HERE}"
    assert str(Actor.command_line({"SUDO_USER": HERE})) == f"cli:{HERE}"


@pytest.mark.parametrize("forged", ["", "a b", "x\ny", "root as poterne", "\x1b[31m", "x" * 200, "é"])
def test_a_malformed_sudo_user_is_ignored(forged):
    assert str(Actor.command_line({"SUDO_USER": forged})) == f"cli:{HERE}"


def test_a_user_number_without_a_name_is_written_as_the_number(monkeypatch):
    def unknown(_number):
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert str(Actor.command_line({})) == f"cli:{os.geteuid()}"


def test_operators_and_services_are_distinguished():
    assert str(Actor.operator("jdupont")) == "operator:jdupont"
    assert str(Actor.service("first start")) == "first start"
