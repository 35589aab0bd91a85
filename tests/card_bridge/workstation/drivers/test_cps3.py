"""The commands of a CPS3, octet by octet, as the published interface and OpenSC's driver have them."""

import pytest

from card_bridge.assertion import digest_info
from card_bridge.workstation.apdu import CardChannel, CardMisbehaved
from card_bridge.workstation.drivers.base import LARGEST_FILE, FileMissing
from card_bridge.workstation.drivers.cps3 import Cps3Driver
from card_bridge.workstation.pin_entry.base import Pin, PinFormat
from card_bridge.workstation.pkcs15 import FilePath
from tests.card_bridge.workstation.scripted import Scripted

APPLICATION = bytes.fromhex("3F000001")
SELECT = "00A40904 06 3F0000015031 00"
FILE = FilePath(bytes.fromhex("5031"))
TRIES = "00CB3FFF 0A 4D087006BF810102A080 00"


def read(*dialogue, location=FILE):
    card = Scripted(*dialogue)
    octets = Cps3Driver(CardChannel(card)).read(location, application=APPLICATION)
    assert card.exhausted
    return octets


def size(octets):
    """The control parameters of a file of this size."""
    return f"6204 8002 {octets:04X} 9000"


def test_a_file_is_read_to_the_size_that_the_card_gives():
    assert read((SELECT, size(3)), ("00B0000003", "AABBCC 9000")) == bytes.fromhex("AABBCC")


def test_a_longer_file_is_read_in_parts_of_231_octets():
    parts = [("00B00000E7", "AA" * 231 + "9000"), ("00B000E719", "BB" * 25 + "9000")]
    assert read((SELECT, size(256)), *parts) == b"\xaa" * 231 + b"\xbb" * 25


def test_a_file_ends_where_the_card_says_so():
    """6282: the end of the file came before Le octets; 6B00: the offset is outside of it."""
    assert read((SELECT, size(9)), ("00B0000009", "AABB 6282")) == bytes.fromhex("AABB")
    assert read((SELECT, size(9)), ("00B0000009", "AABB 9000"), ("00B0000207", "6B00")) == bytes.fromhex("AABB")


def test_a_card_that_gives_no_octets_is_not_asked_for_ever():
    assert read((SELECT, size(9)), ("00B0000009", "9000")) == b""


@pytest.mark.parametrize("control", ["9000", "8702 0000 9000", "6202 8700 9000", "6202 8000 9000"])
def test_a_file_of_unknown_size_is_read_to_its_end(control):
    assert read((SELECT, control), ("00B00000E7", "AABB 6282")) == bytes.fromhex("AABB")


def test_a_part_of_a_file_is_read():
    part = FilePath(bytes.fromhex("5031"), offset=256, length=2)
    assert read((SELECT, size(1000)), ("00B0010002", "AABB 9000"), location=part) == bytes.fromhex("AABB")


def test_the_size_of_a_file_is_bounded():
    dialogue = [(SELECT, size(0x7FFF))]
    for at in range(0, LARGEST_FILE, 231):
        count = min(231, LARGEST_FILE - at)
        dialogue.append((f"00B0{at:04X}{count:02X}", "AA" * count + "9000"))
    assert len(read(*dialogue)) == LARGEST_FILE


@pytest.mark.parametrize("status", ["6A82", "6982", "6F00"])
def test_a_file_that_cannot_be_selected_or_read_is_missing(status):
    with pytest.raises(FileMissing):
        read((SELECT, status))
    with pytest.raises(FileMissing):
        read((SELECT, size(4)), ("00B0000004", status))


def test_control_parameters_that_cannot_be_read_are_refused():
    with pytest.raises(CardMisbehaved):
        read((SELECT, "62FF 9000"))


def test_the_tries_are_in_the_data_object_of_the_pin():
    card = Scripted((TRIES, "7010 BF8101 0C A00A 9A0103 9B0102 9D02FFFF 9000"))
    assert Cps3Driver(CardChannel(card)).tries_left(1) == 2


@pytest.mark.parametrize(("answer", "tries"), [("6A88", None), ("7000 9000", None)])
def test_a_card_that_does_not_tell_the_tries(answer, tries):
    assert Cps3Driver(CardChannel(Scripted((TRIES, answer)))).tries_left(1) is tries


@pytest.mark.parametrize("answer", ["70FF 9000", "9B0180 9000"])
def test_tries_that_cannot_be_read_are_refused(answer):
    with pytest.raises(CardMisbehaved):
        Cps3Driver(CardChannel(Scripted((TRIES, answer)))).tries_left(1)


def test_the_pin_is_sent_once_with_its_padding():
    card = Scripted(("00200001 08 31323334FFFFFFFF", "63C2"))
    form = PinFormat(least=4, most=8, numeric=True, stored_length=8, padding=0xFF)
    assert Cps3Driver(CardChannel(card)).verify(1, Pin(b"1234"), form).tries_left == 2


def test_the_signature_is_an_internal_authenticate_with_the_authentication_key():
    info = digest_info(b"text")
    card = Scripted(
        ("002241A4 06 800102840182", "9000"),
        (f"00880000 33 {info.hex()} 00", "6100"),
        ("00C0000000", "AB" * 256 + "9000"),
    )
    assert Cps3Driver(CardChannel(card)).sign(0x82, info, key_octets=256) == b"\xab" * 256


@pytest.mark.parametrize("answers", [["6A88"], ["9000", "6982"], ["9000", "AB" * 128 + "9000"]])
def test_a_signature_that_is_refused_or_of_a_wrong_length_is_none(answers):
    info = digest_info(b"text")
    commands = ["002241A4 06 800102840182", f"00880000 33 {info.hex()} 00"]
    card = Scripted(*zip(commands, answers, strict=False))
    with pytest.raises(CardMisbehaved):
        Cps3Driver(CardChannel(card)).sign(0x82, info, key_octets=256)
