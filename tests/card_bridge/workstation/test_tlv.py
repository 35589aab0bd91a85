"""Data objects read back as they were written, and octets that are none are refused in bounded time."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.workstation.tlv import Tlv, TlvMalformed, find, find_deep, first_length, without_padding
from tests.card_bridge.workstation.scripted import tlv

TAGS = st.sampled_from([0x02, 0x04, 0x0C, 0x80, 0x9B, 0x5F20, 0x9F8101])


@given(st.lists(st.tuples(TAGS, st.binary(max_size=300)), max_size=8))
def test_data_objects_read_back_the_same(objects):
    written = b"".join(tlv(tag, value) for tag, value in objects)
    assert [(each.tag, each.value) for each in Tlv.parse_all(written)] == objects


@given(st.binary(max_size=400))
def test_any_octets_are_read_or_refused(octets):
    with suppress(TlvMalformed):
        find_deep(Tlv.parse_all(octets), 0x9B)


@pytest.mark.parametrize(
    "octets",
    [
        "30",
        "3005 0401",
        "3080 0401 00 0000",
        "3085 0000000001 00",
        "1F",
        "1F8181818101 00",
        "3082 01",
        "30 84 FFFFFFFF",
    ],
)
def test_a_cut_indefinite_or_oversized_object_is_refused(octets):
    with pytest.raises(TlvMalformed):
        Tlv.parse_all(bytes.fromhex(octets))


def test_too_many_objects_are_refused():
    with pytest.raises(TlvMalformed, match="too many"):
        Tlv.parse_all(tlv(0x04) * 257)


def test_too_deep_a_nesting_is_refused():
    octets = b""
    for _level in range(20):
        octets = tlv(0x30, octets)
    with pytest.raises(TlvMalformed, match="deep"):
        find_deep(Tlv.parse_all(octets), 0x04)


def test_an_object_is_found_inside_others_by_a_tag_of_several_octets():
    octets = tlv(0x70, tlv(0xBF8101, tlv(0xA0, tlv(0x9A, b"\x03"), tlv(0x9B, b"\x02"))))
    assert find(Tlv.parse_all(octets), 0x9B) is None
    found = find_deep(Tlv.parse_all(octets), 0x9B)
    assert found is not None
    assert found.integer == 2


@pytest.mark.parametrize("padding", [b"", b"\x00" * 40, b"\xff" * 40])
def test_the_padding_of_a_file_is_left_out(padding):
    entry = tlv(0x30, tlv(0x04, b"id"))
    assert without_padding(entry + padding) == entry


@pytest.mark.parametrize("value", [b"", b"\x80", b"\x01" * 9])
def test_a_number_is_bounded_and_not_negative(value):
    with pytest.raises(TlvMalformed):
        _ = Tlv(0x02, value).integer


def test_the_first_object_may_be_longer_than_what_was_read():
    assert first_length(bytes.fromhex("308205A0") + b"\x00" * 10) == 4 + 0x05A0
