"""The virtual CPS3, by the commands that ANS's interface names."""

import hashlib
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from card_bridge.assertion import digest_info
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from card_bridge.workstation.virtual.pkcs15 import FileIds, PinFormat
from card_bridge.workstation.virtual.profile import KeyUse
from tests.builders.card_client import Client, inside, values

TEXT = b"what the card signs"
DIGEST_INFO = digest_info(TEXT).hex()
SELECT_APPLICATION = "00A404040DE828BD080F8025000001FF0010"
USE_AUTHENTICATION_KEY = "002241A406800102840182"
SIGN = "0088000033" + DIGEST_INFO
RIGHT_PIN, WRONG_PIN = "002000010431323334", "002000010439393939"


@pytest.fixture
def card(authority):
    return make_card(personas.DOCTOR, authority)


@pytest.fixture
def client(card):
    return Client(card.transmit)


def _directory(client: Client, tag: int) -> bytes:
    """One of the directories that the object directory file names."""
    path = inside(client.read("3F0000015031"), tag, 0x30, 0x04)
    return client.read(path.hex())


def test_the_signature_is_the_authentication_keys(client, authority):
    assert client.status(SELECT_APPLICATION) == "9000"
    assert client.status(RIGHT_PIN) == "9000"
    assert client.status(USE_AUTHENTICATION_KEY) == "9000"
    assert client.raw(SIGN) == (b"", "6100")
    signature, status = client.raw("00C0000000")
    assert status == "9000"
    certificate = load_der_x509_certificate(authority.issue(personas.DOCTOR).der)
    certificate.public_key().verify(signature, TEXT, PKCS1v15(), SHA256())


def test_nothing_is_signed_without_the_pin(client):
    client.status(USE_AUTHENTICATION_KEY)
    assert client.status(SIGN) == "6982"


def test_a_reset_forgets_the_pin(card, client):
    client.status(RIGHT_PIN)
    card.reset()
    client.status(USE_AUTHENTICATION_KEY)
    assert client.status(SIGN) == "6982"


def test_nothing_is_signed_without_an_environment(client):
    client.status(RIGHT_PIN)
    assert client.status(SIGN) == "6985"


def test_the_signature_key_authenticates_nothing(client):
    client.status(RIGHT_PIN)
    assert client.status("002241A406800102840181") == "9000"
    assert client.status(SIGN) == "6985"


def test_an_input_of_more_than_two_fifths_of_the_modulus_is_refused(client):
    client.status(RIGHT_PIN)
    client.status(USE_AUTHENTICATION_KEY)
    assert client.status("0088000066" + "00" * 102) == "9000"
    assert client.status("0088000067" + "00" * 103) == "6700"


def test_three_wrong_pins_block_the_card_for_the_right_one_too(client):
    assert [client.status(WRONG_PIN) for _ in range(4)] == ["63C2", "63C1", "6983", "6983"]
    assert client.status(RIGHT_PIN) == "6983"


def test_the_right_pin_gives_the_tries_back(client):
    client.status(WRONG_PIN)
    assert client.status("00200001") == "63C2"
    client.status(RIGHT_PIN)
    assert client.status("00200001") == "9000"
    client.status(WRONG_PIN)
    assert client.status("00200001") == "63C2"


def test_the_tries_are_in_the_attributes_of_the_pin(client):
    client.status(WRONG_PIN)
    data, status = client.send("00CB3FFF0A4D08700 6BF810102A080".replace(" ", ""))
    assert status == "9000"
    content = inside(data, 0x70)
    assert content[:3].hex().upper() == "BF8101"
    counters = dict(values(inside(content[4:], 0xA0)))
    assert (counters[0x9A], counters[0x9B]) == (b"\x03", b"\x02")


def test_a_pin_of_another_length_costs_a_try(client):
    assert client.status("00200001023132") == "63C2"


def test_a_padded_pin_is_padded_by_the_client(authority):
    card = make_card(personas.DOCTOR, authority, pin=PinFormat(least=4, most=8, stored=8, padding=0xFF))
    assert Client(card.transmit).status("00200001083132333 4FFFFFFFF".replace(" ", "")) == "9000"


def test_the_directories_lead_to_the_certificates(client, authority):
    certificates = {}
    for _, entry in values(_directory(client, 0xA4)):
        identifier = inside(values(entry)[1][1], 0x04)
        path = inside(entry, 0xA1, 0x30, 0x30, 0x04)
        certificates[identifier] = client.read(path.hex())
    keys = {
        inside(values(entry)[1][1], 0x04): inside(values(entry)[1][1], 0x03)
        for _, entry in values(_directory(client, 0xA0))
    }
    assert keys.keys() == certificates.keys()
    signs = next(identifier for identifier, usage in keys.items() if usage[1] & 0x20)
    assert certificates[signs] == authority.issue(personas.DOCTOR).der
    assert authority.issue(personas.DOCTOR, use=KeyUse.SIGNATURE).der in certificates.values()


def test_two_cards_may_have_other_files(authority):
    seeds = range(3)
    files = set()
    for seed in seeds:
        client = Client(make_card(personas.DOCTOR, authority, ids=FileIds.invented(Random(seed))).transmit)  # noqa: S311
        files.add(inside(client.read("3F0000015031"), 0xA4, 0x30, 0x04))
    assert len(files) == len(seeds)


def test_the_pin_is_described(client):
    entry = inside(_directory(client, 0xA8), 0x30)
    attributes = values(inside(entry, 0xA1, 0x30))
    assert [int.from_bytes(value, "big") for tag, value in attributes if tag == 0x02] == [4, 4, 4]


def test_a_card_that_was_not_activated_has_no_certificate_and_no_pin(authority):
    client = Client(make_card(personas.NOT_ACTIVATED, authority).transmit)
    assert client.status(RIGHT_PIN) == "6984"
    assert client.status("00A4090406" + inside(client.read("3F0000015031"), 0xA4, 0x30, 0x04).hex()) == "9000"
    assert client.status("00B0000010") == "6B00"


def test_a_blocked_card_is_blocked_when_it_is_new(authority):
    assert Client(make_card(personas.PIN_BLOCKED, authority).transmit).status("00200001") == "6983"


def test_a_read_gives_231_octets_at_most(client):
    client.status("00A4090406" + "3F000001C101")
    assert client.raw("00B0000000")[1] == "6CE7"
    assert len(client.raw("00B00000E7")[0]) == 0xE7


def test_the_number_of_the_card_is_read_by_a_short_identifier(client):
    assert client.send("00B09C0000")[0].hex().upper() == "5A0A80250000019970000001"


def test_ef_atr_has_57_octets_and_a_mark_before_them(client):
    content = client.read("3F002F01")
    assert (len(content), content[0]) == (57, 0x80)


def test_an_object_for_after_the_pin_is_read_after_it(client):
    client.status("00A4090406" + "3F000001D105")
    assert client.status("00B0000005") == "6982"
    client.status(RIGHT_PIN)
    assert client.status("00B0000005") == "9000"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("00A4090406" + "3F0000010BAD", "6A82"),
        ("00A4040408" + "A000000308000010", "6A82"),
        ("00B0000010", "6986"),
        ("00FE000000", "6D00"),
        ("80A4000000", "6E00"),
        ("00B0", "6700"),
        ("00A4090406" + "3F00", "6700"),
        ("00C0000010", "6985"),
        ("00CB3FFF0A4D087006BF810302A080", "6A88"),
        ("00CB3FFF0B4D097007BF8101037F4180", "6A80"),
        ("002000FF0431323334", "6A88"),
        ("002A9E9A00", "6A81"),
        (SIGN + "00", "6700"),
    ],
)
def test_a_command_that_cannot_be_done_has_the_status_of_the_standard(client, command, status):
    assert client.raw(command)[1] == status


def test_the_trace_has_no_pin(card, client):
    client.status(RIGHT_PIN)
    assert card.trace == ["00200001"]
    assert "31323334" not in repr(card.trace)


def test_the_digest_info_is_that_of_sha256():
    assert bytes.fromhex(DIGEST_INFO).endswith(hashlib.sha256(TEXT).digest())
