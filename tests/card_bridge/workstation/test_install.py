"""`card-bridge install` in a home of its own: what starts the bridge, and nothing left behind by `uninstall`."""

import configparser
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from card_bridge.workstation.install import UNIT, install, tell_systemd, uninstall
from card_bridge.workstation.virtual.personas import DOCTOR
from tests.card_bridge.workstation.bridge_process import running_bridge_process
from tests.card_bridge.workstation.running_bridge import ORIGIN
from tests.processes import until

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


@pytest.fixture
def systemd(config, tmp_path):
    """Runs a program of systemd for the user of this home; none of them needs a running manager."""
    runtime, generated = tmp_path / "run", tmp_path / "generated"
    environment = os.environ | {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CONFIG_DIRS": str(tmp_path / "no-system-entries"),
        "XDG_CURRENT_DESKTOP": "GNOME",
    }
    for folder in (runtime, generated):
        folder.mkdir(mode=0o700)

    def run(program: str, *arguments: str | Path) -> str:
        found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/lib/systemd/user-generators")
        if found is None:
            pytest.skip("no systemd on this machine")
        answer = subprocess.run(
            [found, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        return answer.stdout

    return run


@pytest.fixture
def program(tmp_path):
    """A program that can be started."""
    command = tmp_path / "a folder" / "card-bridge"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    return command


@pytest.mark.slow
def test_systemd_accepts_the_unit_and_starts_it_with_the_session(config, systemd, program):
    install(program)
    assert systemd("systemd-analyze", "verify", "--user", config / "systemd/user" / UNIT) == ""
    assert systemd("systemctl", "--user", "is-enabled", UNIT).strip() == "enabled"


@pytest.mark.slow
def test_a_session_of_systemd_does_not_start_the_autostart_entry_as_well(config, systemd, program, tmp_path):
    """systemd makes a unit of each autostart entry, unless the entry says that it has one already."""
    install(program)
    generated = tmp_path / "generated"
    systemd("systemd-xdg-autostart-generator", generated, generated, generated)
    assert list(generated.rglob("*.service")) == []
    entry = config / "autostart/poterne-card-bridge.desktop"
    entry.write_text(entry.read_text("utf-8").replace("X-systemd-skip=true\n", ""), "utf-8")
    systemd("systemd-xdg-autostart-generator", generated, generated, generated)
    [unit] = generated.glob("*.service")
    assert "serve --if-not-running" in read(unit)["Service"]["ExecStart"]


@pytest.mark.slow
def test_what_the_command_has_installed_starts_the_bridge(tmp_path, kit):
    """The command of each file is started as its owner would, on a workstation where the bridge runs no more."""
    kit.insert(DOCTOR)
    with running_bridge_process(tmp_path, kit.folder, [ORIGIN], answers=[]) as running:
        installed = running.run("install")
        assert installed.returncode == 0, installed.stderr
        config = tmp_path / ".config"
        started = [
            read(config / "systemd/user" / UNIT)["Service"]["ExecStart"],
            read(config / "autostart/poterne-card-bridge.desktop")["Desktop Entry"]["Exec"],
        ]
        running.process.terminate()
        running.process.wait(20)
        for command in started:
            with subprocess.Popen(shlex.split(command), env=dict(running.environment)) as process:
                try:
                    until(lambda: running.run("selftest").stdout.startswith("[passed] Card bridge"), what="the bridge")
                    assert running.bridge.call("status").json["state"] == "ready"
                finally:
                    process.terminate()
        assert running.run("uninstall").returncode == 0
        assert [each.name for each in config.rglob("*") if not each.is_dir()] == ["poterne-card-bridge.toml"]


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
