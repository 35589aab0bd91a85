"""Certificates of our own keys (idp/keys/certificates.py): what service providers' libraries read in them."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.keys.certificates import SigningIdentity, as_pem, days_left, ends_at, load_certificate, made_at, self_signed

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module", params=["rsa", "ec"])
def key(request):
    if request.param == "rsa":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


def test_it_has_the_public_key_and_is_self_signed(key):
    found = load_certificate(self_signed(key, host="id.exemple.test", now=NOON))
    assert found.public_key() == key.public_key()
    found.verify_directly_issued_by(found)
    assert found.subject.rfc4514_string() == "CN=id.exemple.test"


def test_it_states_the_usage_of_the_key_and_that_it_is_no_authority(key):
    found = load_certificate(self_signed(key, host="id.exemple.test", now=NOON)).extensions
    usage = found.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_encipherment is isinstance(key, rsa.RSAPrivateKey)
    assert not usage.key_cert_sign
    assert not found.get_extension_for_class(x509.BasicConstraints).value.ca


def test_it_is_valid_from_before_its_creation_and_for_five_years(key):
    certificate = self_signed(key, host="id.exemple.test", now=NOON)
    assert load_certificate(certificate).not_valid_before_utc < NOON == made_at(certificate)
    assert ends_at(certificate) == NOON + timedelta(days=1825)
    assert days_left(certificate, NOON) == 1825
    assert days_left(certificate, ends_at(certificate) - timedelta(hours=1)) == 0


def test_a_long_host_name_is_truncated(key):
    """RFC 5280 appendix A.1: a common name has 64 characters at most."""
    assert load_certificate(self_signed(key, host="a" * 200, now=NOON)).subject.rfc4514_string() == "CN=" + "a" * 64


def test_it_can_be_written_as_pem(key):
    certificate = self_signed(key, host="id.exemple.test", now=NOON)
    assert x509.load_pem_x509_certificate(as_pem(certificate).encode()) == load_certificate(certificate)


def test_the_repr_of_an_identity_has_no_private_key():
    identity = SigningIdentity(kid="k", private_key=b"-----BEGIN", certificate="MII", key_type="rsa")
    assert "BEGIN" not in repr(identity)
