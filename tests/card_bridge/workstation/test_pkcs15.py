"""The directories of a card: what a login needs is found, another kind is skipped, and nonsense is refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.workstation.pin_entry.base import PinFormat
from card_bridge.workstation.pkcs15 import (
    CertificateEntry,
    DirectoryKind,
    FilePath,
    PinEntry,
    PrivateKeyEntry,
    application_path,
    parse_certificates,
    parse_object_directory,
    parse_pins,
    parse_private_keys,
)
from card_bridge.workstation.tlv import TlvMalformed
from tests.card_bridge.workstation.directories import PATH, certificate, integer, key, octet_string, pin
from tests.card_bridge.workstation.scripted import tlv

APPLICATION = bytes.fromhex("E828BD080F8025000001FF0010")


def test_an_application_is_found_by_its_identifier():
    other = tlv(0x61, tlv(0x4F, bytes.fromhex("A0000001510000")), tlv(0x51, bytes.fromhex("3F000009")))
    ours = tlv(0x61, tlv(0x4F, APPLICATION), tlv(0x50, b"CPX IAS"), tlv(0x51, bytes.fromhex("3F000001")))
    assert application_path(other + ours + b"\xff" * 9, APPLICATION) == bytes.fromhex("3F000001")


def test_an_application_that_is_not_listed_or_has_no_path_is_not_found():
    assert application_path(tlv(0x61, tlv(0x4F, APPLICATION)), APPLICATION) is None
    assert application_path(b"", APPLICATION) is None


def test_the_object_directory_names_the_others():
    directory = tlv(0xA0, PATH) + tlv(0xA1, PATH) + tlv(0xA4, PATH) + tlv(0xA8, PATH) + tlv(0xA8, PATH)
    path = FilePath(bytes.fromhex("3F0000017001"))
    assert parse_object_directory(directory) == {
        DirectoryKind.PRIVATE_KEYS: (path,),
        DirectoryKind.CERTIFICATES: (path,),
        DirectoryKind.PINS: (path, path),
    }


@pytest.mark.parametrize("reference", [integer(0x82), tlv(0x02, b"\x82")])
def test_a_key_has_its_reference_with_and_without_the_zero_octet_of_der(reference):
    assert parse_private_keys(key(reference=reference)) == (
        PrivateKeyEntry(id=b"\x02", reference=0x82, pin_id=b"\x01"),
    )


def test_a_key_may_have_no_reference_and_no_pin():
    assert parse_private_keys(key(reference=b"", pin=b"")) == (PrivateKeyEntry(id=b"\x02", reference=None, pin_id=b""),)


def test_a_key_that_is_not_rsa_is_skipped():
    elliptic = tlv(0xA0, b"anything")
    assert len(parse_private_keys(elliptic + key())) == 1


def test_a_certificate_is_in_a_file_in_a_part_of_one_or_in_the_directory():
    part = tlv(0x30, octet_string(b"\x70\x01"), integer(256), tlv(0x80, b"\x05\xdc"))
    entries = parse_certificates(certificate() + certificate(value=part) + certificate(value=tlv(0xA0, b"DER")))
    assert entries == (
        CertificateEntry(id=b"\x02", location=FilePath(bytes.fromhex("3F0000017001"))),
        CertificateEntry(id=b"\x02", location=FilePath(b"\x70\x01", 256, 1500)),
        CertificateEntry(id=b"\x02", location=b"DER"),
    )


def test_a_pin_has_its_lengths_and_its_reference():
    expected = PinFormat(least=4, most=4, numeric=True, stored_length=0, padding=0xFF)
    assert parse_pins(pin(more=tlv(0x80, b"\x01"))) == (PinEntry(id=b"\x01", reference=1, format=expected),)


def test_a_pin_is_padded_when_its_flags_say_so():
    """PasswordFlags: bit 5 is needs-padding; padChar follows the reference."""
    padded = pin(flags=b"\x02\x0c", lengths=(4, 8), more=tlv(0x80, b"\x01") + octet_string(b"\x00"))
    assert parse_pins(padded)[0].format == PinFormat(least=4, most=8, numeric=True, stored_length=8, padding=0x00)


def test_a_pin_of_packed_digits_is_skipped():
    assert parse_pins(pin(kind=0) + pin(kind=3)) == ()


@pytest.mark.parametrize("lengths", [(), (4,), (0, 4), (5, 4, 4), (4, 65), (4, 4, 65), (4, 4, 4, 4)])
def test_lengths_of_a_pin_that_contradict_each_other_are_refused(lengths):
    with pytest.raises(TlvMalformed):
        parse_pins(pin(lengths=lengths))


def test_a_directory_with_too_many_entries_is_refused():
    with pytest.raises(TlvMalformed, match="entries"):
        parse_private_keys(key() * 33)


@pytest.mark.parametrize("entry", [tlv(0x30), tlv(0x30, tlv(0x30)), certificate()[:-3], certificate(value=b"")])
def test_an_incomplete_entry_is_refused(entry):
    with pytest.raises(TlvMalformed):
        parse_certificates(entry)


@pytest.mark.parametrize("reference", [tlv(0x02), integer(0x182)])
def test_a_reference_is_one_octet(reference):
    with pytest.raises(TlvMalformed):
        parse_private_keys(key(reference=reference))


@pytest.mark.parametrize("path", [b"\x3f", bytes(33)])
def test_a_path_is_file_identifiers(path):
    with pytest.raises(TlvMalformed):
        parse_object_directory(tlv(0xA0, tlv(0x30, octet_string(path))))


@st.composite
def damaged(draw, written: bytes) -> bytes:
    """A directory with some octets replaced, and cut."""
    octets = bytearray(written)
    for _change in range(draw(st.integers(1, 6))):
        octets[draw(st.integers(0, len(octets) - 1))] = draw(st.integers(0, 255))
    return bytes(octets[: draw(st.integers(0, len(octets)))])


PARSERS = [parse_object_directory, parse_private_keys, parse_certificates, parse_pins]


@pytest.mark.parametrize("parse", PARSERS)
@given(octets=st.one_of(st.binary(max_size=500), damaged(key() + certificate() + pin() + tlv(0xA0, PATH))))
def test_any_directory_is_read_or_refused(parse, octets):
    with suppress(TlvMalformed):
        parse(octets)


@given(octets=st.binary(max_size=200))
def test_any_list_of_applications_is_read_or_refused(octets):
    with suppress(TlvMalformed):
        application_path(octets, APPLICATION)
