"""The `claims` request parameter (idp/oidc/authorization/claims.py): OpenID Connect Core 1.0 section 5.5."""

import json

import pytest

from idp.oidc.authorization.claims import ClaimsRequest, read_claims
from idp.oidc.errors import OAuthError, RequestError


def test_without_the_parameter_no_claim_is_requested():
    assert read_claims(None) == ClaimsRequest(id_token=None, userinfo=None)


def test_the_example_of_the_specification():
    """Section 5.5; a member that we do not understand is ignored."""
    sent = {
        "userinfo": {"given_name": {"essential": True}, "nickname": None},
        "id_token": {"auth_time": {"essential": True}, "acr": {"values": ["urn:mace:incommon:iap:silver"]}},
        "elsewhere": 1,
    }
    claims = read_claims(json.dumps(sent))
    assert claims == ClaimsRequest(id_token=sent["id_token"], userinfo=sent["userinfo"])
    assert claims.id_token_values("acr") == {"urn:mace:incommon:iap:silver"}
    assert claims.is_essential("auth_time")
    assert not claims.is_essential("acr")


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', '{"id_token": []}', '{"userinfo": {"email": true}}', "NaN"])
def test_a_malformed_claims_parameter_is_refused(text):
    with pytest.raises(RequestError) as refused:
        read_claims(text)
    assert refused.value.error is OAuthError.INVALID_REQUEST


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        (None, None),
        ({}, None),
        ({"value": "a"}, {"a"}),
        ({"values": ["a", "b"]}, {"a", "b"}),
        ({"value": "a", "values": ["a", "b"]}, {"a"}),
    ],
)
def test_the_requested_values(wanted, values):
    """Section 5.5.1."""
    assert ClaimsRequest(id_token={"sub": wanted}).id_token_values("sub") == values


@pytest.mark.parametrize(
    "wanted", [{"value": 1}, {"values": []}, {"values": "a"}, {"values": [1]}, {"value": "c", "values": ["a", "b"]}]
)
def test_values_that_no_claim_could_have_are_refused(wanted):
    with pytest.raises(RequestError):
        ClaimsRequest(id_token={"sub": wanted}).id_token_values("sub")
