"""What a pending login is as it is written, and how small."""

import secrets
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.login.pending import LARGEST_CONTENT, LONGEST_REQUEST, PendingLogin, _begun_at, _new_token, _read, _serialized

REQUEST = (
    '{{"client_id": "dcc", "redirect_uri": "https://dcc.exemple.test/callback", "scope": "openid profile email", '
    '"state": "{}", "nonce": "{}", "code_challenge": "{}"}}'
)


def pending(request: str, **changes) -> PendingLogin:
    said = {"identifier": "dcc:x", "protocol": "oidc", "request": request, "received_at": 1.5, "expires_at": 2.25}
    return PendingLogin(**(said | changes))


sids = st.sampled_from(["", "aSid-_09"])


@given(st.text(max_size=4_000), sids, sids)
def test_a_pending_login_survives_serialization(request, confirmed_sid, declined_sid):
    written = pending(request, confirmed_sid=confirmed_sid, declined_sid=declined_sid)
    assert _read("dcc:x", _serialized(written)) == written


def test_a_usual_request_is_compressed_by_a_third():
    request = REQUEST.format(*(secrets.token_urlsafe(32) for _ in range(3)))
    assert len(_serialized(pending(request))) < 0.67 * len(request)


@pytest.mark.parametrize("length", [LARGEST_CONTENT, LONGEST_REQUEST - 100])
def test_the_longest_request_is_read(length):
    request = secrets.token_urlsafe(length)[:length]
    assert _read("dcc:x", _serialized(pending(request))).request == request


def test_an_identifier_contains_the_time_of_its_creation():
    before = int(time.time())
    assert before <= (_begun_at(f"dcc:{_new_token()}") or 0) <= time.time()
    assert len({_new_token() for _ in range(100)}) == 100
