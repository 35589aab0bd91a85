"""The one message that crosses: it reads back the same, is refused in any other shape, and binds each of its fields."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_bridge.assertion import (
    LARGEST_ASSERTION,
    AssertionMalformed,
    CardAssertion,
    Purpose,
    digest_info,
    signed_text,
)

FIELDS = {
    "purpose": Purpose.LOGIN,
    "origin": "https://id.example",
    "nonce": "n" * 43,
    "certificate": b"der",
    "presence": b"p" * 32,
}


@given(st.binary(min_size=1, max_size=4096), st.binary(min_size=1, max_size=512), st.sampled_from([b"", b"p" * 32]))
def test_an_assertion_reads_back_the_same(certificate, signature, presence):
    assertion = CardAssertion(certificate=certificate, signature=signature, presence=presence, bridge="1.0")
    assert CardAssertion.parse(assertion.written()) == assertion


@pytest.mark.parametrize(
    "changed",
    [
        {"format": "poterne-card:2"},
        {"format": None},
        {"algorithm": "none"},
        {"algorithm": "HS256"},
        {"certificate": ""},
        {"certificate": "not base64!"},
        {"certificate": base64.b64encode(b"x" * 4097).decode()},
        {"signature": ""},
        {"signature": 7},
        {"signature": base64.b64encode(b"x" * 513).decode()},
        {"presence": base64.b64encode(b"x" * 31).decode()},
        {"bridge": "x" * 41},
        {"bridge": "a\nb"},
        {"bridge": None},
        {"more": "x"},
    ],
)
def test_any_other_shape_is_refused_and_not_repeated(changed):
    members = json.loads(CardAssertion(certificate=b"c", signature=b"s").written()) | changed
    with pytest.raises(AssertionMalformed) as refused:
        CardAssertion.parse(json.dumps(members))
    assert "not base64" not in str(refused.value)


@given(st.text(max_size=200))
def test_what_is_no_assertion_is_refused(text):
    with pytest.raises(AssertionMalformed):
        CardAssertion.parse(text)


@pytest.mark.parametrize(
    "text", ["[]", "1", "{" * 3000, '{"format":"poterne-card:1","format":"x"}', "x" * (LARGEST_ASSERTION + 1)]
)
def test_hostile_json_is_refused(text):
    with pytest.raises(AssertionMalformed):
        CardAssertion.parse(text)


@pytest.mark.parametrize(
    "changed",
    [
        {"purpose": Purpose.ENROLLMENT},
        {"origin": "https://id.example.evil.test"},
        {"nonce": "m" * 43},
        {"certificate": b"other"},
        {"presence": b""},
        {"origin": "https://id.examplen", "nonce": "n" * 42},
    ],
)
def test_the_signed_text_binds_every_field(changed):
    assert signed_text(**{**FIELDS, **changed}) != signed_text(**FIELDS)


def test_the_digest_info_is_that_of_sha256():
    assert digest_info(b"").hex() == (
        "3031300d060960864801650304020105000420e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
