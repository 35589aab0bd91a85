"""The commands of a CPS4, octet by octet: a logical channel, and a signature by raw RSA."""

import pytest

from card_bridge.assertion import digest_info
from card_bridge.workstation.apdu import CardChannel, CardMisbehaved
from card_bridge.workstation.drivers.base import FileMissing, NotActivated
from card_bridge.workstation.drivers.cps4 import Cps4Driver
from card_bridge.workstation.pin_entry.base import Pin, PinFormat
from card_bridge.workstation.pkcs15 import FilePath
from card_bridge.workstation.rsa import pkcs1_block
from tests.card_bridge.workstation.scripted import CPS4_ATR, Scripted

APPLET = ("01A40400 08 8025000001FF0100 00", "9000")
INFO = digest_info(b"text")


def driver(*dialogue):
    return Cps4Driver(CardChannel(Scripted(*dialogue, atr=CPS4_ATR)))


@pytest.mark.parametrize("answer", ["9000", "6881", "6D00"])
def test_the_logical_channel_1_is_opened_and_the_applet_selected(answer):
    """A card that opens the channel by SELECT refuses MANAGE CHANNEL."""
    card = Scripted(("00700001", answer), APPLET, atr=CPS4_ATR)
    Cps4Driver(CardChannel(card)).open()
    assert card.exhausted


def test_a_card_without_the_applet_is_unreadable():
    with pytest.raises(CardMisbehaved, match="6A82"):
        driver(("00700001", "9000"), (APPLET[0], "6A82")).open()


def test_the_applet_is_selected_again_when_the_card_has_forgotten_it():
    select = "01A40904 06 3F0000015031 00"
    cps4 = driver((select, "6985"), APPLET, (select, "6204 8002 0002 9000"), ("01B0000002", "AABB 9000"))
    assert cps4.read(FilePath(b"\x50\x31"), application=bytes.fromhex("3F000001")) == bytes.fromhex("AABB")


def test_a_card_that_forgets_its_applet_for_ever_is_asked_twice():
    select = "01A40904 06 3F0000015031 00"
    with pytest.raises(FileMissing):
        driver((select, "6985"), APPLET, (select, "6985")).read(FilePath(b"\x50\x31"), application=b"\x3f\x00\x00\x01")


@pytest.mark.parametrize(("answer", "tries"), [("63C3", 3), ("63C0", 0), ("6983", 0), ("9000", None), ("6A88", None)])
def test_the_tries_are_asked_by_a_verify_without_data(answer, tries):
    assert driver(("01200001", answer)).tries_left(1) == tries


def test_a_pin_that_was_never_set_belongs_to_a_card_that_is_not_activated():
    with pytest.raises(NotActivated):
        driver(("01200001", "6984")).tries_left(1)


def test_the_pin_is_sent_on_the_logical_channel():
    form = PinFormat(least=4, most=4, numeric=True, stored_length=0, padding=0xFF)
    assert driver(("01200001 04 31323334", "9000")).verify(1, Pin(b"1234"), form).ok


def test_the_signature_is_a_decipher_of_the_padded_block_in_two_parts():
    block = pkcs1_block(INFO, 256).hex()
    cps4 = driver(
        ("012241B8 03 830120", "9000"),
        (f"112A8086 F0 {block[:480]}", "9000"),
        (f"012A8086 10 {block[480:]} 00", "6100"),
        ("01C0000000", "AB" * 256 + "9000"),
    )
    assert cps4.sign(0x20, INFO, key_octets=256) == b"\xab" * 256


@pytest.mark.parametrize("answers", [["6A88"], ["9000", "6982"], ["9000", "9000", "6982"], ["9000", "9000", "AB 9000"]])
def test_a_signature_that_is_refused_or_of_a_wrong_length_is_none(answers):
    block = pkcs1_block(INFO, 256).hex()
    commands = ["012241B8 03 830120", f"112A8086 F0 {block[:480]}", f"012A8086 10 {block[480:]} 00"]
    with pytest.raises(CardMisbehaved):
        driver(*zip(commands, answers, strict=False)).sign(0x20, INFO, key_octets=256)
