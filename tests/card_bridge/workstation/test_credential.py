"""Which certificate, key and PIN of a card log in: key usage and identifiers decide, never an order or a label."""

from dataclasses import replace

import pytest

from card_bridge.certificate import CardCertificate
from card_bridge.workstation import credential
from card_bridge.workstation.apdu import CardChannel, CardMisbehaved
from card_bridge.workstation.credential import read_credential
from card_bridge.workstation.drivers.base import FileMissing, NotActivated
from card_bridge.workstation.drivers.cps3 import Cps3Driver
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.profile import KeyUse
from tests.card_bridge.workstation.directories import certificate, key, pin
from tests.card_bridge.workstation.scripted import Answering, tlv

APPLICATION = bytes.fromhex("3F000001")


class Files(Cps3Driver):
    """A card that is only its files."""

    def __init__(self, files):
        super().__init__(CardChannel(Answering(lambda _command: b"\x6f\x00")))
        self._files = files
        self.read_paths = []

    def read(self, location, *, application):
        path = self._absolute(location.path, application)
        self.read_paths.append(path)
        if path not in self._files:
            raise FileMissing
        return self._files[path]


def path_to(identifier):
    return tlv(0x30, tlv(0x04, APPLICATION + identifier))


KEY, PIN = key(b"\x02"), pin()


def card(*, keys=KEY, pins=PIN, certificates=(), files=None):
    """The files of a card with one directory of each kind, and certificates by their file."""
    listed = b"".join(certificate(each, value=path_to(file)) for each, file in certificates)
    return Files(
        {
            APPLICATION + b"\x50\x31": tlv(0xA0, path_to(b"\x10\x01"))
            + tlv(0xA4, path_to(b"\x10\x02"))
            + tlv(0xA8, path_to(b"\x10\x03")),
            APPLICATION + b"\x10\x01": keys,
            APPLICATION + b"\x10\x02": listed,
            APPLICATION + b"\x10\x03": pins,
        }
        | {APPLICATION + file: octets for file, octets in (files or {}).items()}
    )


@pytest.fixture(scope="module")
def authentication(authority):
    return authority.issue(personas.DOCTOR).der


@pytest.fixture(scope="module")
def signature(authority):
    return authority.issue(personas.DOCTOR, use=KeyUse.SIGNATURE).der


@pytest.mark.parametrize("order", [1, -1])
def test_the_key_usage_chooses_the_certificate_in_any_order(authentication, signature, order):
    listed = [(b"\x01", b"\x20\x01"), (b"\x02", b"\x20\x02")][::order]
    driver = card(
        keys=key(b"\x01", reference=b"") + key(b"\x02"),
        certificates=listed,
        files={b"\x20\x01": signature, b"\x20\x02": authentication},
    )
    found = read_credential(driver)
    assert (found.certificate.der, found.key_reference) == (authentication, 0x82)


def test_a_label_decides_nothing(authentication):
    """The authentication certificate belongs to the key that the card calls CPS_PRIV_SIG or anything else."""
    files = {b"\x20\x02": authentication}
    driver = card(keys=key(b"\x09", reference=b""), certificates=[(b"\x09", b"\x20\x02")], files=files)
    assert read_credential(driver).key_reference == 0x09  # without a reference, the end of the identifier


@pytest.mark.parametrize(
    "parts",
    [
        {"certificates": []},
        {"keys": b""},
        {"pins": b""},
        {"keys": key(b"\x03")},
        {"keys": key(b"\x02", pin=b"")},
        {"pins": pin(kind=0)},
    ],
    ids=["no certificate", "no key", "no PIN", "another key", "a key without PIN", "a PIN of another kind"],
)
def test_a_card_without_certificate_key_and_pin_together_is_not_activated(authentication, parts):
    usual = {"certificates": [(b"\x02", b"\x20\x02")], "files": {b"\x20\x02": authentication}}
    with pytest.raises(NotActivated):
        read_credential(card(**(usual | parts)))


def test_a_signature_certificate_alone_does_not_log_in(signature):
    with pytest.raises(NotActivated):
        read_credential(card(certificates=[(b"\x02", b"\x20\x01")], files={b"\x20\x01": signature}))


def test_a_certificate_that_is_listed_and_missing_is_not_activated():
    with pytest.raises(NotActivated):
        read_credential(card(certificates=[(b"\x02", b"\x20\x02")]))


def test_a_damaged_certificate_is_passed_over_when_another_logs_in(authentication):
    files = {b"\x20\x01": b"\x30\x03abc", b"\x20\x02": authentication}
    keys = key(b"\x01") + key(b"\x02")
    driver = card(keys=keys, certificates=[(b"\x01", b"\x20\x01"), (b"\x02", b"\x20\x02")], files=files)
    assert read_credential(driver).certificate.der == authentication


@pytest.mark.parametrize("octets", [b"", b"\x30\x03abc", b"\x30\x80", b"\xff" * 40])
def test_a_damaged_certificate_alone_is_unreadable(octets):
    with pytest.raises(CardMisbehaved):
        read_credential(card(certificates=[(b"\x02", b"\x20\x02")], files={b"\x20\x02": octets}))


def test_what_follows_the_certificate_in_its_file_is_left_out(authentication):
    driver = card(certificates=[(b"\x02", b"\x20\x02")], files={b"\x20\x02": authentication + b"\xff" * 100})
    assert read_credential(driver).certificate.der == authentication


def test_a_certificate_in_the_directory_itself_is_read(authentication):
    driver = card()
    driver._files[APPLICATION + b"\x10\x02"] = certificate(b"\x02", value=tlv(0xA0, authentication))
    assert read_credential(driver).certificate.der == authentication


def test_the_application_is_found_by_its_directory(authentication):
    elsewhere = bytes.fromhex("3F000077")
    driver = card(certificates=[(b"\x02", b"\x20\x02")], files={b"\x20\x02": authentication})
    driver._files[elsewhere + b"\x50\x31"] = driver._files.pop(APPLICATION + b"\x50\x31")
    listed = tlv(0x61, tlv(0x4F, Cps3Driver.application_id), tlv(0x51, elsewhere))
    driver._files[bytes.fromhex("3F002F00")] = listed
    assert read_credential(driver).certificate.der == authentication


def test_a_card_without_an_object_directory_is_unreadable():
    driver = Files({})
    with pytest.raises(CardMisbehaved, match="object directory"):
        read_credential(driver)


def test_a_key_that_is_not_rsa_is_not_used(authentication):
    """The drivers sign with RSA only; `replace` stands for a certificate of another key."""
    parsed = CardCertificate.parse(authentication)
    assert credential._is_for_authentication(parsed)
    assert not credential._is_for_authentication(replace(parsed, is_rsa=False))
    assert not credential._is_for_authentication(replace(parsed, key_bits=16384))
    assert not credential._is_for_authentication(replace(parsed, key_usage=frozenset({"key_encipherment"})))
    assert not credential._is_for_authentication(
        replace(parsed, key_usage=frozenset({"digital_signature", "non_repudiation"}))
    )


@pytest.mark.parametrize("written", ["aid", "relative", "absolute"])
def test_paths_are_read_from_the_master_file_the_application_or_its_name(authentication, written):
    start = {"aid": Cps3Driver.application_id, "relative": b"", "absolute": APPLICATION}[written]
    driver = card(files={b"\x20\x02": authentication})
    path = tlv(0x30, tlv(0x04, start + b"\x20\x02"))
    driver._files[APPLICATION + b"\x10\x02"] = certificate(b"\x02", value=path)
    assert read_credential(driver).certificate.der == authentication
