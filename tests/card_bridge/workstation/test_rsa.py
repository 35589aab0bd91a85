"""The padding and the check of RSASSA-PKCS1-v1_5 agree with an independent library."""

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.assertion import digest_info
from card_bridge.workstation.rsa import is_signature, pkcs1_block

TEXT = b"any text"


@pytest.fixture(scope="module")
def key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def signature(key):
    return key.sign(TEXT, padding.PKCS1v15(), SHA256())


def numbers(key):
    public = key.public_key().public_numbers()
    return {"modulus": public.n, "exponent": public.e}


def test_a_right_signature_is_right(key, signature):
    assert is_signature(signature, digest_info(TEXT), **numbers(key))


def test_the_padded_block_is_what_the_signature_opens_to(key, signature):
    public = key.public_key().public_numbers()
    opened = pow(int.from_bytes(signature), public.e, public.n).to_bytes(256)
    assert opened == pkcs1_block(digest_info(TEXT), 256)


def test_a_signature_of_another_text_is_wrong(key, signature):
    assert not is_signature(signature, digest_info(b"another text"), **numbers(key))


@given(place=st.integers(0, 255), octet=st.integers(1, 255))
def test_a_signature_with_one_octet_changed_is_wrong(key, signature, place, octet):
    changed = bytearray(signature)
    changed[place] ^= octet
    assert not is_signature(bytes(changed), digest_info(TEXT), **numbers(key))


@pytest.mark.parametrize("changed", [b"", b"\x00", bytes(255), bytes(257), b"\xff" * 256])
def test_a_signature_of_another_length_or_too_large_is_wrong(key, changed):
    assert not is_signature(changed, digest_info(TEXT), **numbers(key))


def test_a_key_with_an_exponent_that_makes_the_check_slow_is_refused(key, signature):
    assert not is_signature(signature, digest_info(TEXT), modulus=numbers(key)["modulus"], exponent=2**2000 + 1)


def test_a_key_that_is_too_short_for_sha256_is_refused():
    """RFC 8017 section 9.2: at least eight octets of padding."""
    assert len(pkcs1_block(digest_info(TEXT), 62)) == 62
    with pytest.raises(ValueError, match="short"):
        pkcs1_block(digest_info(TEXT), 61)
