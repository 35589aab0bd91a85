"""Stored codes and access tokens (idp/oidc/grant_store.py); they refer to one grant, which revokes them."""

from datetime import timedelta

import pytest

from idp.oidc.grant_store import GrantStore, ReplayedCode
from idp.record_kinds import IdpRecord
from tests.builders.grants import SID, a_code, a_grant


@pytest.fixture
def grants(store):
    store.put(IdpRecord.SESSION, SID, {"account": "account-1"}, lifetime=timedelta(hours=1))
    return GrantStore(store, code_lifetime=timedelta(seconds=60), access_token_lifetime=timedelta(minutes=5))


def test_a_redeemed_code_has_the_values_of_its_issue(grants):
    value = grants.issue_code(a_code(), together_with=[])
    assert grants.redeem(value, by="dcc") == a_code()


def test_an_access_token_finds_its_grant(grants):
    grants.issue_code(a_code(), together_with=[])
    token = grants.issue_access_token(a_grant(), together_with=[])
    assert grants.find(token) == a_grant()


def test_a_code_is_no_access_token_and_an_access_token_no_code(grants):
    code = grants.issue_code(a_code(), together_with=[])
    token = grants.issue_access_token(a_grant(), together_with=[])
    assert grants.find(code) is None
    assert grants.redeem(token, by="dcc") is None


def test_a_replay_revokes_the_token_and_only_the_first_is_reported(grants):
    """RFC 6749 section 4.1.2: SHOULD revoke all tokens previously issued based on that authorization code."""
    value = grants.issue_code(a_code(), together_with=[])
    grants.redeem(value, by="dcc")
    token = grants.issue_access_token(a_grant(), together_with=[])
    replays = [grants.redeem(value, by="dcc") for _ in range(3)]
    assert replays == [ReplayedCode("account-1", SID, is_first=first) for first in (True, False, False)]
    assert grants.find(token) is None


def test_a_replay_that_could_not_be_recorded_is_reported_the_next_time(grants):
    value = grants.issue_code(a_code(), together_with=[])
    for _ in range(2):
        grants.redeem(value, by="dcc")
    grants.forget_replay(value)
    assert grants.redeem(value, by="dcc").is_first


def test_a_token_issued_after_a_replay_is_void(grants):
    value = grants.issue_code(a_code(), together_with=[])
    for _ in range(2):
        grants.redeem(value, by="dcc")
    token = grants.issue_access_token(a_grant(), together_with=[])
    assert token is not None
    assert grants.find(token) is None


def test_without_its_session_a_token_is_void_and_no_code_is_issued(grants, store):
    grants.issue_code(a_code(), together_with=[])
    token = grants.issue_access_token(a_grant(), together_with=[])
    store.delete((IdpRecord.SESSION, SID))
    assert grants.find(token) is None
    assert grants.issue_code(a_code(), together_with=[]) is None
    assert grants.issue_access_token(a_grant(), together_with=[]) is None
