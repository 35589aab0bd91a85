"""The settings files of the bridge: what they may say, and every problem at once."""

from pathlib import Path

import pytest

from card_bridge.workstation import settings as settings_module
from card_bridge.workstation.settings import DEFAULT_PORTS, BridgeSettings, SettingsInvalid


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The system's file and the user's; neither is there."""
    system = tmp_path / "etc.toml"
    monkeypatch.setattr(settings_module, "SYSTEM_SETTINGS", system)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return system, tmp_path / "poterne-card-bridge.toml"


def write(file: Path, text: str) -> Path:
    file.write_text(text)
    file.chmod(0o644)
    return file


def test_without_a_file_no_site_is_allowed(files):
    assert BridgeSettings.load() == BridgeSettings(origins=(), ports=DEFAULT_PORTS)


def test_the_users_file_adds_sites_and_replaces_the_rest(files):
    system, user = files
    write(system, 'origins = ["https://id.example"]\nports = [20001]\npin_from_page = true\n')
    write(user, 'origins = ["http://localhost:8400"]\nports = [20002, 20003]\ndevelopment = true\n')
    loaded = BridgeSettings.load()
    assert loaded.origins == ("https://id.example", "http://localhost:8400")
    assert (loaded.ports, loaded.development, loaded.pin_from_page) == ((20002, 20003), True, True)


def test_every_problem_is_said_at_once(files):
    system, _ = files
    write(
        system,
        'origins = ["http://id.example", "x"]\nports = [80]\ndevelopment = "yes"\nca_file = "/none"\norigin = 1\n',
    )
    with pytest.raises(SettingsInvalid) as wrong:
        BridgeSettings.load()
    named = {problem.split(":")[0] for problem in wrong.value.problems}
    assert named == {"origin", "development", "origins", "ports", "ca_file"}
    assert len(wrong.value.problems) == 6


@pytest.mark.parametrize(
    "ports", ["[]", "[1, 2]", "16731", "[70000]", "[true]", '["16731"]', str(list(range(2000, 2100)))]
)
def test_a_wrong_list_of_ports_is_refused(files, ports):
    with pytest.raises(SettingsInvalid, match="ports"):
        BridgeSettings.load(write(files[0], f"ports = {ports}\n"))


@pytest.mark.parametrize("text", ["origins = [", "\xff\xfe", "origins = [[[[[[[[[[[[[["])
def test_a_file_that_cannot_be_read_is_named(files, text):
    with pytest.raises(SettingsInvalid, match=r"etc\.toml"):
        BridgeSettings.load(write(files[0], text))


def test_a_file_that_others_can_write_is_refused(files):
    file = write(files[0], 'origins = ["https://id.example"]\n')
    file.chmod(0o666)
    with pytest.raises(SettingsInvalid, match="chmod go-w"):
        BridgeSettings.load(file)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SettingsInvalid, match=r"none\.toml"):
        BridgeSettings.load(tmp_path / "none.toml")
