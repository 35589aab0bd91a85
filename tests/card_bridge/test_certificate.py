"""The certificate of a card: what it says is read, and any other octets are refused without a fault.

The parser beneath has had no release since 2022 (docs/decisions/asn1crypto.md), so that it is fuzzed here.
"""

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from card_bridge.assertion import LARGEST_CERTIFICATE
from card_bridge.certificate import CardCertificate, CertificateMalformed
from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.profile import KeyUse


@pytest.fixture(scope="module")
def der(authority):
    return authority.issue(personas.DOCTOR).der


def test_a_certificate_says_who_holds_the_card_and_what_it_is_for(der):
    certificate = CardCertificate.parse(der)
    assert (certificate.given_name, certificate.family_name) == ("Jeanne", "DUPONT")
    assert certificate.common_name == "899700123450"
    assert (certificate.title, certificate.profession, certificate.specialities) == ("Médecin", "10", ("SM26",))
    assert (certificate.card_type, certificate.card_id) == (0, "8025000001/9970000001")
    assert (certificate.is_rsa, certificate.key_bits, certificate.signature_hash) == (True, 2048, "sha256")
    assert "digital_signature" in certificate.key_usage
    assert "client_auth" in certificate.extended_key_usage
    assert certificate.not_before < certificate.not_after


def test_the_signature_certificate_of_a_card_is_told_from_the_authentication_certificate(authority):
    certificate = CardCertificate.parse(authority.issue(personas.DOCTOR, use=KeyUse.SIGNATURE).der)
    assert "non_repudiation" in certificate.key_usage
    assert "digital_signature" not in certificate.key_usage


def test_the_numbers_of_the_key_are_those_of_the_certificate(authority):
    issued = authority.issue(personas.DOCTOR)
    numbers = issued.key.public_key().public_numbers()
    assert CardCertificate.parse(issued.der).rsa_numbers == (numbers.n, numbers.e)


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", b"\x30" * 4096, bytes(LARGEST_CERTIFICATE + 1)])
def test_octets_that_are_no_certificate_are_refused(octets):
    with pytest.raises(CertificateMalformed):
        CardCertificate.parse(octets)


def test_octets_after_the_certificate_are_refused(der):
    with pytest.raises(CertificateMalformed):
        CardCertificate.parse(der + b"\x00")


@given(st.binary(max_size=LARGEST_CERTIFICATE))
def test_any_octets_are_read_or_refused(octets):
    with suppress(CertificateMalformed):
        CardCertificate.parse(octets)


@pytest.mark.slow
@settings(max_examples=300)
@given(data=st.data())
def test_a_damaged_certificate_is_read_or_refused_quickly(der, data):
    """One to six octets are replaced, removed or repeated anywhere in a good certificate."""
    octets = bytearray(der)
    for _change in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(octets) - 1))
        match data.draw(st.sampled_from(["replace", "remove", "repeat"])):
            case "replace":
                octets[place] = data.draw(st.integers(0, 255))
            case "remove":
                del octets[place]
            case "repeat":
                octets[place:place] = octets[place : place + data.draw(st.integers(1, 64))]
    began = time.process_time()
    with suppress(CertificateMalformed):
        CardCertificate.parse(bytes(octets))
    assert time.process_time() - began < 1
