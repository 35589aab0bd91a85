"""Prevents: faults of ours, and two readings of one text, by JSON that only some parsers take (RFC 7493)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from config.strict_parsing import InvalidJson
from idp.oidc.id_token import read_hint
from relying_parties.problems import RegistrationProblems
from relying_parties.registration.client_metadata import parse

HOSTILE = [
    '{"userinfo": {"sub": NaN}}',
    '{"userinfo": {"email": {"value": Infinity}}}',
    '{"userinfo": {"email": {"value": -Infinity}}}',
    '{"userinfo": {"email": {"value": "\\ud800"}}}',
    '{"userinfo": {"\\udc00": null}}',
    '{"userinfo": {"email": {"value": 1e999}}}',
    '{"userinfo": {"email": {"value": ' + "9" * 5000 + "}}}",
    '{"userinfo": {}, "userinfo": {"email": null}}',
    '{"userinfo": {"email": null, "email": null}}',
    '{"userinfo": {"email": {"value": ' + "[" * 900 + "]" * 900 + "}}}",
    '{"userinfo": ' + "[" * 2000,
    "[]",
    '"',
    "\ufeff{}",
]


@pytest.mark.parametrize("claims", HOSTILE)
def test_the_claims_parameter_is_refused_and_never_a_fault_of_ours(browser, dcc, claims):
    answer = dcc.answer(browser.visits(dcc.asks(claims=claims)))
    assert answer.error == "invalid_request"
    assert "claims" in answer.description


@pytest.mark.parametrize("claims", HOSTILE)
def test_client_metadata_are_refused(claims):
    with pytest.raises(RegistrationProblems):
        parse(claims.replace("userinfo", "client_name") if not claims.startswith("[") else claims)


def segment(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


HEADERS = [
    b'{"alg":"RS256","kid":"x","alg":"none"}',
    b'{"alg":NaN}',
    b'{"alg":"RS256","kid":"\\ud800"}',
    b'{"alg":"RS256","crit":' + b"[" * 500 + b"]" * 500 + b"}",
    b'{"alg":"RS256","iat":' + b"9" * 1500 + b"}",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"",
    b"{",
]


@pytest.mark.parametrize("header", HEADERS)
def test_a_hint_with_such_a_header_says_nothing(idp, browser, jeanne, dcc, header):
    """RFC 7515 section 4: header parameter names MUST be unique."""
    token = dcc.signs_in(browser.logs_in(jeanne, to=dcc)).id_token
    _, claims, signature = token.split(".")
    ring = idp.services.keys.ring()
    assert read_hint(token, issuer=idp.issuer, ring=ring) is not None
    forged = f"{segment(header)}.{claims}.{signature}"
    assert read_hint(forged, issuer=idp.issuer, ring=ring) is None
    page = browser.visits(f"{idp.issuer}/oidc/logout?id_token_hint={forged}")
    assert page.status == 200, "the person is asked"


@pytest.mark.parametrize("claims", [b'{"sub":NaN}', b'{"a":1,"a":2}', b'"\\ud800"', b"[" * 2000, b"\x00", b"9" * 3000])
def test_a_hint_with_such_claims_says_nothing(idp, claims):
    ring = idp.services.keys.ring()
    header = segment(json.dumps({"alg": "RS256"}).encode())
    for signature in ("", "AAAA", "é", "."):
        assert read_hint(f"{header}.{segment(claims)}.{signature}", issuer=idp.issuer, ring=ring) is None
    for token in ("", ".", "..", "...", "é.é.é", "a.b", "=.=.="):
        assert read_hint(token, issuer=idp.issuer, ring=ring) is None


def test_the_segments_here_are_what_they_say():
    assert [urlsafe_b64decode(segment(each) + "==")[:4] for each in HEADERS] == [each[:4] for each in HEADERS]
    assert issubclass(InvalidJson, ValueError)
