"""The virtual cards of the demonstration, and their bridge."""

import tomllib

import pytest

from card_bridge.workstation.settings import BridgeSettings
from card_bridge.workstation.virtual.kit import Kit
from card_bridge.workstation.virtual.personas import DOCTOR, MIDWIFE, NURSE, PHARMACIST, RENEWED
from idp.demo import cards, contents, enrollment
from idp.demo.people import PEOPLE
from idp.settings import Settings

pytestmark = pytest.mark.slow


def test_the_settings_trust_the_authority_of_the_kit(tmp_path):
    settings = Settings.load(contents.settings_file(tmp_path / "demo", first_port=9400), environment={})
    assert settings.card_offered
    assert settings.card_bridge_ports == (9417,)
    assert len(list(settings.card_trust_folder.iterdir())) == len(settings.card_revocation_lists)
    assert settings.card_ocsp_address == "http://127.0.0.1:9416/ocsp"


def test_the_physicians_card_is_in_the_reader_at_first(tmp_path):
    cards.prepare(tmp_path, first_port=9400)
    assert Kit.open(cards.kit_folder(tmp_path)).insertion.persona == DOCTOR.name


def test_a_later_start_leaves_the_reader_as_it_was(tmp_path):
    cards.prepare(tmp_path, first_port=9400)
    Kit.open(cards.kit_folder(tmp_path)).pull()
    cards.prepare(tmp_path, first_port=9400)
    assert Kit.open(cards.kit_folder(tmp_path)).insertion.persona is None


def test_the_bridge_serves_the_pages_of_the_demonstration_only(tmp_path):
    origins = ("http://localhost:9400", enrollment.address(9400))
    cards.serve_bridge(tmp_path, origins=origins, first_port=9400)
    settings = BridgeSettings.load(tmp_path / "card-bridge.toml")
    assert (settings.origins, settings.ports) == (origins, (9417,))


def test_enrollment_reads_cards_by_the_same_bridge(tmp_path):
    enrollment.serve(tmp_path, issuer="http://localhost:9400", first_port=9400)
    settings = tomllib.loads((tmp_path / "enrollment.toml").read_text(encoding="utf-8"))
    assert (settings["card_offered"], settings["card_bridge_ports"]) == (True, [9417])


def test_the_bridge_keeps_its_files_in_the_folder_of_the_demonstration(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    environment = cards.bridge_environment(tmp_path)
    assert all(value.startswith(str(tmp_path)) for name, value in environment.items() if name != "WAYLAND_DISPLAY")
    assert environment["WAYLAND_DISPLAY"] == "/run/user/1000/wayland-0"


def test_the_bridge_may_use_a_real_reader(tmp_path):
    """Also where the shell of the person names a virtual one. An empty value is none."""
    assert cards.bridge_environment(tmp_path)["CARD_BRIDGE_VIRTUAL"]
    assert cards.bridge_environment(tmp_path, real_reader=True)["CARD_BRIDGE_VIRTUAL"] == ""


def test_the_cards_of_people_who_have_an_account_have_its_identifier():
    people = {person.attributes["national_id"]: person for person in PEOPLE if "national_id" in person.attributes}
    for persona in (DOCTOR, RENEWED, NURSE, PHARMACIST, MIDWIFE):
        person = people[persona.holder.national_id]
        assert person.given_name == persona.holder.given_name
        assert person.family_name.upper() == persona.holder.family_name
        assert person.profession == str(persona.holder.profession)


def test_the_lines_of_the_settings_are_toml(tmp_path):
    assert tomllib.loads(cards.prepare(tmp_path, first_port=9400))["card_environment"] == "test"
