"""The virtual kit in a folder, which several programs share."""

from datetime import UTC, datetime

import pytest

from card_bridge.states import CardState
from card_bridge.workstation.operation import look
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.follower import Follower, KitReaders
from card_bridge.workstation.virtual.kit import Kit, NoKit
from card_bridge.workstation.virtual.software import SoftwareReader
from tests.builders.card_client import Client
from tests.fixtures.card import KIT_ADDRESS as ADDRESS
from tests.processes import until


def test_a_kit_that_is_opened_again_has_the_same_authority(kit):
    again = Kit.open(kit.folder)
    assert again.authority.anchors == kit.authority.anchors
    assert again.authority.address == ADDRESS


def test_a_kit_that_is_made_again_keeps_its_authority_and_takes_the_new_address(kit):
    again = Kit.make(kit.folder, address="http://127.0.0.1:9416")
    assert again.authority.anchors == kit.authority.anchors
    assert Kit.open(kit.folder).authority.address == "http://127.0.0.1:9416"


def test_the_authorities_are_written_for_services_to_trust(kit):
    folder = kit.write_authorities()
    names = {file.stem for file in folder.iterdir()}
    assert names == {"ACR-FO-TEST", "ACI-FO-PP-TEST", "ACR-ST-TEST", "ACI-ST-PP-TEST"}


def test_a_folder_without_a_kit_says_how_to_make_one(tmp_path):
    with pytest.raises(NoKit, match="card-bridge personas serve"):
        Kit.open(tmp_path)


def test_the_reader_is_empty_at_first(kit):
    assert kit.inserted_card() is None
    assert look(KitReaders(kit.folder)).state is CardState.NO_CARD


def test_a_card_that_one_program_inserts_is_seen_by_another(kit):
    readers = KitReaders(kit.folder)
    Kit.open(kit.folder).insert(personas.NURSE)
    seen = look(readers)
    assert seen.state is CardState.READY
    assert seen.holder is not None
    assert seen.holder.name == "Anne-Laure LE GALL"
    Kit.open(kit.folder).pull()
    assert look(readers).state is CardState.NO_CARD


def test_a_removal_is_noticed_without_a_look(kit):
    kit.insert(personas.DOCTOR)
    with Follower(kit, reader := SoftwareReader()):
        assert reader.card
        kit.pull()
        until(lambda: not reader.card, what="the removal")


def test_the_same_card_put_back_is_another_insertion(kit):
    kit.insert(personas.DOCTOR)
    with Follower(kit, reader := SoftwareReader()):
        before = reader.changes
        kit.insert(personas.DOCTOR)
        until(lambda: reader.changes > before, what="the insertion")


def test_the_tries_last_while_the_card_is_out(kit):
    for left in ("63C2", "63C1", "6983"):
        assert Client(kit.card(personas.DOCTOR).transmit).status("002000010439393939") == left
    assert kit.tries(personas.DOCTOR).left == 0
    kit.renew_tries()
    assert Client(kit.card(personas.DOCTOR).transmit).status("00200001") == "63C3"


def test_a_damaged_file_is_an_empty_reader(kit):
    kit.insert(personas.DOCTOR)
    (kit.folder / "reader.json").write_text('{"persona": "nobody", "changes": 1}')
    assert kit.inserted_card() is None


def test_only_its_owner_reads_the_folder(kit):
    assert kit.folder.stat().st_mode & 0o077 == 0


def test_the_days_of_validity_follow_the_day(tmp_path):
    day = datetime(2026, 1, 1, tzinfo=UTC)
    kit = Kit(tmp_path, address=ADDRESS, authority_bits=2048, day=day)
    assert kit.authority.day == day
