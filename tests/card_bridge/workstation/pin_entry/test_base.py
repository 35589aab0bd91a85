"""A PIN in memory: shown nowhere, wiped after use, and sent only in the form that the card wants."""

import pickle

import pytest

from card_bridge.workstation.pin_entry.base import LONGEST_PIN, Pin, PinFormat

FOUR_DIGITS = PinFormat(least=4, most=4, numeric=True, stored_length=8, padding=0xFF)


def test_a_pin_is_shown_nowhere():
    pin = Pin(b"1234")
    assert "1234" not in repr(pin) + str(pin) + f"{pin!r}"
    with pytest.raises(TypeError, match="not copied"):
        pickle.dumps(pin)


def test_a_pin_is_wiped_after_use():
    typed = bytearray(b"1234")
    with Pin(typed) as pin:
        assert bytes(pin.octets) == b"1234"
    assert typed == bytes(4)


@pytest.mark.parametrize("octets", [b"", b"1" * (LONGEST_PIN + 1)])
def test_a_pin_has_a_length(octets):
    with pytest.raises(ValueError, match="octets"):
        Pin(octets)


@pytest.mark.parametrize(("typed", "accepted"), [(b"1234", True), (b"123", False), (b"12345", False), (b"12a4", False)])
def test_a_pin_that_the_card_cannot_have_is_not_sent(typed, accepted):
    assert FOUR_DIGITS.accepts(Pin(typed)) is accepted


def test_a_pin_is_padded_as_the_card_stores_it():
    assert FOUR_DIGITS.padded(Pin(b"1234")) == b"1234\xff\xff\xff\xff"
