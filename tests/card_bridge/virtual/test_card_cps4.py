"""The virtual CPS4: logical channel 1, and a signature by deciphering."""

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate

from card_bridge.assertion import digest_info
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.cards import make_card
from tests.builders.card_client import Client

TEXT = b"what the card signs"
BLOCK = (b"\x00\x01" + b"\xff" * 202 + b"\x00" + digest_info(TEXT)).hex()
SELECT_CHIPDOC = "01A40404088025000001FF0100"
RIGHT_PIN, WRONG_PIN = "012000010431323334", "012000010439393939"
USE_AUTHENTICATION_KEY = "002241B803830120".replace("00", "01", 1)
FIRST_PART, LAST_PART = "112A8086FF" + BLOCK[:510], "012A808601" + BLOCK[510:] + "00"


@pytest.fixture
def card(authority):
    return make_card(personas.NURSE, authority)


@pytest.fixture
def client(card):
    return Client(card.transmit)


def test_the_signature_is_the_authentication_keys(client, authority):
    for command in (SELECT_CHIPDOC, RIGHT_PIN, USE_AUTHENTICATION_KEY, FIRST_PART):
        assert client.status(command) == "9000"
    signature, status = client.raw(LAST_PART)
    assert status == "9000"
    certificate = load_der_x509_certificate(authority.issue(personas.NURSE).der)
    certificate.public_key().verify(signature, TEXT, PKCS1v15(), SHA256())


def test_the_signature_may_be_fetched_as_with_t0(client):
    for command in (SELECT_CHIPDOC, RIGHT_PIN, USE_AUTHENTICATION_KEY, FIRST_PART):
        client.status(command)
    assert client.raw(LAST_PART[:-2]) == (b"", "6100")
    assert len(client.raw("01C0000000")[0]) == 256


def test_nothing_is_signed_without_the_pin(client):
    for command in (SELECT_CHIPDOC, USE_AUTHENTICATION_KEY, FIRST_PART):
        client.status(command)
    assert client.raw(LAST_PART)[1] == "6982"


def test_channel_1_is_opened_first(client):
    assert client.status(RIGHT_PIN) == "6881"
    assert client.raw("0070000001") == (b"\x01", "9000")
    assert client.status(RIGHT_PIN) == "6985"
    assert client.status(SELECT_CHIPDOC) == "9000"
    assert client.status(RIGHT_PIN) == "9000"


def test_the_tries_left_are_asked_by_a_verify_without_data(client):
    client.status(SELECT_CHIPDOC)
    assert client.status("01200001") == "63C3"
    assert [client.status(WRONG_PIN) for _ in range(3)] == ["63C2", "63C1", "6983"]
    assert client.status("01200001") == "6983"
    assert client.status(RIGHT_PIN) == "6983"


def test_there_is_no_internal_authenticate(client):
    client.status(SELECT_CHIPDOC)
    assert client.status("0188000033" + digest_info(TEXT).hex()) == "6D00"


def test_the_signature_key_is_not_used_for_deciphering(client):
    client.status(SELECT_CHIPDOC)
    assert client.status("012241B803830110") == "6A88"


def test_a_block_of_another_size_is_refused(client):
    for command in (SELECT_CHIPDOC, RIGHT_PIN, USE_AUTHENTICATION_KEY):
        client.status(command)
    assert client.status("012A808610" + "00" * 16) == "6700"


def test_the_files_are_read_at_power_up_as_those_of_a_cps3(client):
    assert client.read("3F0000015031")
    assert client.read("3F002F00")
