"""`card-bridge personas`, as a person types it."""

import json

from click.testing import CliRunner, Result

from card_bridge.workstation.commands import main
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.personas import PERSONAS


def _run(kit: Kit, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, arguments, env={"CARD_BRIDGE_PERSONAS": str(kit.folder)} | environment)


def test_the_personas_are_listed(kit):
    said = _run(kit, "personas", "list").output
    assert [line.split()[0] for line in said.splitlines()] == [persona.name for persona in PERSONAS]


def test_the_list_says_in_json_which_card_is_in_the_reader(kit):
    _run(kit, "personas", "insert", "midwife")
    listed = json.loads(_run(kit, "personas", "list", "--json").output)
    assert [each["name"] for each in listed if each["inserted"]] == ["midwife"]


def test_a_card_is_inserted_and_pulled(kit):
    assert _run(kit, "personas", "insert", "nurse").output == "The card of nurse is in the reader.\n"
    assert kit.insertion.persona == "nurse"
    assert _run(kit, "personas", "pull").exit_code == 0
    assert kit.insertion.persona is None


def test_an_unknown_persona_is_answered_with_the_names(kit):
    refused = _run(kit, "personas", "insert", "nobody")
    assert refused.exit_code == 3
    assert "doctor, nurse" in refused.output


def test_without_a_kit_the_command_says_how_to_make_one(tmp_path):
    refused = CliRunner().invoke(main, ["personas", "list", "--folder", str(tmp_path)])
    assert refused.exit_code == 3
    assert "card-bridge personas serve" in refused.output


def test_the_other_commands_see_the_virtual_card(kit):
    _run(kit, "personas", "insert", "doctor")
    said = json.loads(_run(kit, "status", "--json", CARD_BRIDGE_VIRTUAL=str(kit.folder)).output)
    assert (said["state"], said["reader"], said["holder"]["name"]) == ("ready", "Lecteur virtuel", "Jeanne DUPONT")


def test_the_other_commands_say_when_there_is_no_kit(kit, tmp_path):
    refused = _run(kit, "status", CARD_BRIDGE_VIRTUAL=str(tmp_path))
    assert refused.exit_code == 3
    assert "CARD_BRIDGE_VIRTUAL" in refused.output
