"""`card-bridge install` in a home of its own: what starts the bridge, and nothing left behind by `uninstall`."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from card_bridge.workstation.install import UNIT, install, tell_systemd, uninstall

COMMAND = Path("/opt/card bridge/bin/card-bridge")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return tmp_path / ".config"


def read(file: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(file, encoding="utf-8")
    return parser


def test_the_unit_is_wanted_by_the_graphical_session(config):
    install(COMMAND)
    wanted = config / "systemd/user/graphical-session.target.wants" / UNIT
    assert wanted.resolve() == (config / "systemd/user" / UNIT).resolve()
    service = read(wanted)["Service"]
    assert service["ExecStart"] == f'"{COMMAND}" serve --if-not-running'
    assert service["LimitCORE"] == "0"


@pytest.mark.slow
def test_systemd_accepts_the_unit(config, tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("no systemd on this machine")
    command = tmp_path / "card-bridge"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    install(command)
    unit = config / "systemd/user" / UNIT
    answer = subprocess.run([program, "verify", "--user", unit], capture_output=True, text=True, check=False)
    assert UNIT not in answer.stdout + answer.stderr


def test_a_desktop_without_systemd_starts_the_same_command(config):
    """Desktop Entry Specification: an argument with a space is quoted; systemd's own generator skips the entry."""
    install(COMMAND)
    entry = read(config / "autostart/poterne-card-bridge.desktop")["Desktop Entry"]
    assert entry["Exec"] == f'"{COMMAND}" serve --if-not-running'
    assert (entry["Type"], entry["X-systemd-skip"]) == ("Application", "true")


def test_install_twice_is_install_once_and_uninstall_leaves_nothing(config):
    assert install(COMMAND) == install(COMMAND)
    assert len(uninstall()) == 3
    assert [each for each in config.rglob("*") if not each.is_dir()] == []
    assert uninstall() == []


@pytest.mark.parametrize("path", ['/opt/"x"', "/opt/$HOME/x", "/opt/%h/x", "/opt/a\nb", "/opt/`x`"])
def test_a_path_that_would_be_expanded_is_refused(config, path):
    with pytest.raises(ValueError, match="must not have"):
        install(Path(path))
    assert not config.exists()


def test_where_no_systemd_answers_the_command_says_so(config, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert tell_systemd() is False
