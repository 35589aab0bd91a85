"""The request that client authentication, grants and userinfo share (idp/oidc/endpoint_request.py)."""

from dataclasses import FrozenInstanceError

import pytest
from flask import Flask

from idp.oidc.endpoint_request import LONGEST_BODY, MOST_PARAMETERS, EndpointRequest
from idp.oidc.errors import OAuthError, TokenError
from tests.builders.endpoint_requests import TOKEN_ENDPOINT, a_request


def test_an_endpoint_request_has_method_address_and_headers():
    """RFC 9449 section 4.2: the method and the address, as published and not as the Host header says."""
    app = Flask("test")
    sent = {"data": "code=a&state=", "headers": {"DPoP": "proof", "Host": "evil.example"}}
    with app.test_request_context("/oidc/token", method="POST", content_type=a_request().content_type, **sent):
        request = EndpointRequest.received(TOKEN_ENDPOINT, reads_body=True)
        assert (request.method, request.url, request.headers["dpop"]) == ("POST", TOKEN_ENDPOINT, "proof")
        assert request.form == {"code": "a"}


def test_a_body_is_not_read_unless_the_endpoint_reads_it():
    with Flask("test").test_request_context("/oidc/userinfo", method="POST", data="access_token=a"):
        assert EndpointRequest.received("https://idp.example/oidc/userinfo", reads_body=False).body == b""


def test_an_endpoint_request_is_frozen():
    with pytest.raises(FrozenInstanceError):
        a_request().method = "GET"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"code=1&code=2", 400),
        (b"code=%ff", 400),
        (b"\xff", 400),
        (b"&".join(b"p%d=1" % number for number in range(MOST_PARAMETERS + 1)), 400),
        (b"code=" + b"x" * LONGEST_BODY, 413),
    ],
)
def test_an_ambiguous_form_is_refused(body, status):
    """RFC 6749 section 3.2: request parameters MUST NOT be included more than once."""
    with pytest.raises(TokenError) as refused:
        _ = a_request(body=body).form
    assert (refused.value.error, refused.value.status) == (OAuthError.INVALID_REQUEST, status)


def test_another_content_type_is_not_a_form():
    with pytest.raises(TokenError) as refused:
        _ = a_request(body=b'{"code": "a"}', content_type="application/json").form
    assert refused.value.description == "use Content-Type: application/x-www-form-urlencoded"


def test_a_required_parameter_that_is_missing_is_named():
    with pytest.raises(TokenError) as refused:
        a_request(code="").required("code")
    assert refused.value.description == "code is missing"
