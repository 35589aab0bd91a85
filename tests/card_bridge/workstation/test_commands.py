"""`card-bridge read` and `sign`, as a person types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from card_bridge.workstation.commands import main
from card_bridge.workstation.version import VERSION
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.personas import DOCTOR


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Kit:
    return Kit.make(tmp_path_factory.mktemp("kit"), address="http://127.0.0.1:1", authority_bits=2048)


@pytest.fixture(autouse=True)
def process_that_is_not_hardened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process of the tests must stay one that a debugger may look into."""
    monkeypatch.setattr("card_bridge.workstation.process_hardening.harden_process", lambda: None)


def run(kit: Kit, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, arguments, input=typed, env={"CARD_BRIDGE_VIRTUAL": str(kit.folder)})


@pytest.mark.parametrize("group", [(), ("origins",), ("personas",)])
def test_the_help_cuts_no_sentence_at_eighty_columns(kit, group):
    assert "..." not in run(kit, *group, "--help").output.partition("Commands:")[2]


def test_the_version_is_that_of_its_answers(kit):
    assert run(kit, "--version").output == f"card-bridge, version {VERSION}\n"


def test_read_needs_no_pin(kit):
    kit.insert(DOCTOR)
    said = json.loads(run(kit, "read", "--json").output)
    assert (said["name"], said["card"], said["key_bits"]) == ("Jeanne DUPONT", "8025000001/9970000001", 2048)


def test_read_without_a_card_says_what_to_do(kit):
    kit.pull()
    refused = run(kit, "read")
    assert (refused.exit_code, "Insert your CPS card" in refused.output) == (5, True)


@pytest.mark.slow
@pytest.mark.parametrize("persona", ["doctor", "nurse"])
def test_sign_with_the_simulator_tests_the_whole_path(kit, persona):
    said = run(kit, "sign", "--simulator", "--persona", persona, "--json", typed="1234\n")
    assert json.loads(said.stdout) == {"signed": True, "reader": "Lecteur virtuel"}
    assert "1234" not in said.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "typed", "code", "words"),
    [
        ((), "0000\n", 1, "Tries left: 2."),
        ((), "", 1, "You cancelled."),
        (("--persona", "expired"), "1234\n", 5, "This card has expired."),
        (("--persona", "pin-blocked"), "1234\n", 5, "This card is blocked."),
        (("--persona", "nobody"), "", 3, "doctor, nurse"),
    ],
)
def test_a_refusal_has_a_sentence_and_an_exit_code(kit, arguments, typed, code, words):
    refused = run(kit, "sign", "--simulator", *arguments, typed=typed)
    assert (refused.exit_code, words in refused.output) == (code, True)


def test_a_persona_without_the_simulator_is_wrong_usage(kit):
    refused = run(kit, "sign", "--persona", "nurse")
    assert (refused.exit_code, "--persona needs --simulator" in refused.output) == (2, True)


@pytest.mark.parametrize("command", ["status", "read", "sign", "selftest"])
def test_a_problem_of_the_readers_is_in_json_too(command, tmp_path):
    refused = CliRunner().invoke(main, [command, "--json"], env={"CARD_BRIDGE_VIRTUAL": str(tmp_path)})
    assert (refused.exit_code, json.loads(refused.output)["error"]) == (3, "no_kit")


def test_without_pyscard_each_command_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("card_bridge.workstation.pcsc.installed_scard", None)
    monkeypatch.setattr("card_bridge.workstation.texts.find_spec", lambda _name: None)
    monkeypatch.delenv("CARD_BRIDGE_VIRTUAL", raising=False)
    for command in ("status", "read", "sign", "selftest"):
        refused = CliRunner().invoke(main, [command])
        assert (refused.exit_code, "poterne-card-bridge[reader]" in refused.output) == (5, True)


def test_a_terminal_that_lacks_a_character_is_shown_its_code(kit):
    kit.pull()
    shown = CliRunner(charset="latin-1").invoke(main, ["selftest"], env={"CARD_BRIDGE_VIRTUAL": str(kit.folder)})
    assert "\\u201ccard-bridge install\\u201d" in shown.output


def test_a_runtime_folder_that_cannot_be_made_is_named(kit, tmp_path):
    (tmp_path / "file").write_text("")
    settings = tmp_path / "settings.toml"
    settings.write_text('origins = ["https://id.example"]\n')
    environment = {"CARD_BRIDGE_VIRTUAL": str(kit.folder), "XDG_RUNTIME_DIR": str(tmp_path / "file")}
    refused = CliRunner().invoke(main, ["serve", "--settings", str(settings)], env=environment)
    assert (refused.exit_code, refused.output.startswith("XDG_RUNTIME_DIR: ")) == (5, True)
    assert "not running" in CliRunner().invoke(main, ["selftest"], env=environment).output


def test_without_a_site_the_commands_say_what_to_add(kit, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for command in (("origins", "list"), ("install",)):
        said = run(kit, *command)
        assert (said.exit_code, "add origins = " in said.stderr) == (0, True)


def test_install_and_uninstall_say_what_they_did(kit, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert str(tmp_path / "autostart/poterne-card-bridge.desktop") in run(kit, "install").output
    assert "Removed:" in run(kit, "uninstall").output
    assert run(kit, "uninstall").exit_code == 3
