"""Commands and responses: the protocol T=0, secrecy of the PIN, and the limits that a lying card meets."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.workstation.apdu import CardChannel, CardMisbehaved, Command, Limits, Response
from tests.card_bridge.workstation.scripted import Answering, Scripted

READ = Command(0x00, 0xB0, 0x00, 0x00, expected=0xE7)


def test_waiting_data_are_fetched():
    """ISO/IEC 7816-4 section 5.6: `61 XX` says how many octets GET RESPONSE has."""
    card = Scripted(("00B00000E7", "6103"), ("00C0000003", "AABBCC 9000"))
    assert CardChannel(card).send(READ) == Response(bytes.fromhex("AABBCC"), 0x9000)
    assert card.exhausted


def test_data_that_wait_in_parts_are_joined():
    card = Scripted(("00B00000E7", "AA 6100"), ("00C0000000", "BB 6101"), ("00C0000001", "CC 9000"))
    assert CardChannel(card).send(READ).data == bytes.fromhex("AABBCC")


def test_a_command_is_repeated_with_the_length_that_the_card_has():
    """`6C XX`: XX octets, and the command again."""
    card = Scripted(("00B00000E7", "6C02"), ("00B0000002", "AABB 9000"))
    assert CardChannel(card).send(READ).data == bytes.fromhex("AABB")


def test_get_response_too_is_repeated_with_the_right_length():
    card = Scripted(("00B00000E7", "6105"), ("00C0000005", "6C02"), ("00C0000002", "AABB 9000"))
    assert CardChannel(card).send(READ).data == bytes.fromhex("AABB")


def test_a_verify_is_never_repeated():
    """A second VERIFY would use a second try."""
    card = Scripted(("00200001 04 31323334", "6C02"))
    assert CardChannel(card).send(Command(0, 0x20, 0, 1, b"1234")).status == 0x6C02


def test_get_response_stays_on_the_logical_channel_without_the_chaining_bit():
    card = Scripted(("112A8086 01 AA 00", "6101"), ("01C0000001", "BB 9000"))
    assert CardChannel(card).send(Command(0x11, 0x2A, 0x80, 0x86, b"\xaa", 256)).data == b"\xbb"


@pytest.mark.parametrize("instruction", [0x20, 0x24, 0x2C])
def test_a_command_that_carries_a_pin_does_not_show_it(instruction):
    command = Command(0x00, instruction, 0x00, 0x01, b"1234")
    assert "hidden" in repr(command)
    assert "1234" not in str(command)


def test_the_octets_of_a_command_are_wiped_after_it_was_sent():
    sent = []

    class Keeping(Scripted):
        def transmit(self, octets):
            sent.append(octets)
            return super().transmit(octets)

    CardChannel(Keeping(("00200001 04 31323334", "9000"))).send(Command(0, 0x20, 0, 1, b"1234"))
    assert set(sent[0]) == {0}


@pytest.mark.parametrize(
    ("status", "tries"), [(0x63C2, 2), (0x63C0, 0), (0x6983, 0), (0x9000, None), (0x6300, None), (0x6C00, None)]
)
def test_the_tries_that_are_left_are_in_the_status(status, tries):
    assert Response(b"", status).tries_left == tries


@pytest.mark.parametrize("octets", [b"", b"\x90", b"\x00" * 259])
def test_what_is_no_response_is_refused(octets):
    with pytest.raises(CardMisbehaved):
        Response.parse(octets)


def test_more_data_than_a_command_carries_are_refused():
    with pytest.raises(ValueError, match="255"):
        Command(0, 0, 0, 0, bytes(256)).encoded()


@pytest.mark.parametrize(
    ("answer", "limits"),
    [
        ("6101", Limits(commands=50)),
        ("AA" * 256 + "6100", Limits(octets=2000)),
        ("6C10", Limits(commands=1)),
    ],
)
def test_a_card_that_never_ends_is_stopped(answer, limits):
    card = Answering(lambda _command: bytes.fromhex(answer))
    with pytest.raises(CardMisbehaved):
        CardChannel(card, limits=limits).send(READ)
    assert card.commands <= limits.commands


def test_a_card_that_is_slow_on_purpose_is_stopped():
    seconds = iter(range(1000))
    channel = CardChannel(Answering(lambda _command: b"\x61\x01"), clock=lambda: next(seconds))
    with pytest.raises(CardMisbehaved, match="too long"):
        channel.send(READ)


def test_the_time_that_the_person_takes_is_not_the_cards():
    now = 0.0
    channel = CardChannel(Answering(lambda _command: b"\x90\x00"), clock=lambda: now)
    now = 60.0
    channel.restart()
    assert channel.send(READ).ok


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_any_answers_end_in_a_response_or_a_refusal(answers):
    remaining = iter(answers)
    card = Answering(lambda _command: next(remaining, b"\x6f\x00"))
    with suppress(CardMisbehaved):
        CardChannel(card).send(READ)
