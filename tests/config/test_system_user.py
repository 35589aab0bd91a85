"""What a command did is told of the person who gave it, as far as the system knows them."""

import os
import pwd

import pytest

from config.system_user import command_line_actor

HERE = pwd.getpwuid(os.geteuid()).pw_name


def test_it_is_the_system_s_user():
    assert command_line_actor({}) == f"cli:{HERE}"


def test_who_used_sudo_is_named_beside_the_account_that_did_it():
    assert command_line_actor({"SUDO_USER": "jdupont"}) == f"cli:jdupont as {HERE}"
    assert command_line_actor({"SUDO_USER": HERE}) == f"cli:{HERE}"


@pytest.mark.parametrize("forged", ["", "a b", "x\ny", "root as poterne", "\x1b[31m", "x" * 200, "é"])
def test_what_is_no_name_is_not_written(forged):
    assert command_line_actor({"SUDO_USER": forged}) == f"cli:{HERE}"


def test_a_number_without_a_name_is_the_number(monkeypatch):
    def unknown(_number):
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert command_line_actor({}) == f"cli:{os.geteuid()}"
