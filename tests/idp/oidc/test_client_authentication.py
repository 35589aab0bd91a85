"""Client authentication as a table of methods (idp/oidc/client_authentication.py): RFC 6749 section 2.3."""

from base64 import b64encode

import pytest

from idp.oidc.client_authentication import METHODS, authenticate, claimed_client_id
from idp.oidc.discovery import provider_metadata
from idp.oidc.errors import OAuthError, TokenError
from relying_parties.policy import ClientAuthentication
from tests.builders.applications import OneApplication, an_application
from tests.builders.endpoint_requests import a_request

SECRET = "a secret"


def basic(client_id="dcc", secret=SECRET):
    return "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()


REQUESTS = {
    ClientAuthentication.BASIC: lambda: a_request(authorization=basic()),
    ClientAuthentication.POST: lambda: a_request(client_id="dcc", client_secret=SECRET),
    ClientAuthentication.NONE: lambda: a_request(client_id="dcc"),
}


def registered(method, **changes):
    return OneApplication(an_application(client_authentication=method, secret=SECRET, **changes))


def refusal_of(request, registry):
    with pytest.raises(TokenError) as refused:
        authenticate(request, registry=registry)
    return refused.value


def test_the_published_methods_are_those_of_the_table():
    """OpenID Connect Discovery 1.0 section 3."""
    published = provider_metadata("https://idp.example", [])["token_endpoint_auth_methods_supported"]
    assert published == [str(method) for method in METHODS]


def test_a_registration_can_pin_every_method_of_the_table_and_no_other():
    assert set(METHODS) == {method for method in ClientAuthentication if method.is_pinned}


@pytest.mark.parametrize("used", METHODS)
@pytest.mark.parametrize("pinned", METHODS)
def test_a_client_authenticates_by_the_method_that_its_registration_pins(pinned, used):
    """OpenID Connect Core 1.0 section 9."""
    request, registry = REQUESTS[used](), registered(pinned)
    if used is pinned:
        assert authenticate(request, registry=registry).application is registry.application
    else:
        refused = refusal_of(request, registry)
        assert (refused.error, refused.status) == (OAuthError.INVALID_CLIENT, 401)
        assert refused.description == f"this client is registered to use {pinned}"


@pytest.mark.parametrize(
    ("used", "accepted"),
    [(ClientAuthentication.BASIC, True), (ClientAuthentication.POST, True), (ClientAuthentication.NONE, False)],
)
def test_a_registration_without_a_pinned_method_still_requires_the_secret(used, accepted):
    request, registry = REQUESTS[used](), registered(ClientAuthentication.SECRET)
    if accepted:
        assert authenticate(request, registry=registry)
    else:
        assert refusal_of(request, registry).description.startswith("this client is registered to use its secret")


@pytest.mark.parametrize("second", [{"client_secret": SECRET}, {"client_assertion": "eyJ"}])
def test_two_methods_at_once_are_refused(second):
    """RFC 6749 section 2.3: the client MUST NOT use more than one authentication method in each request."""
    request = a_request(authorization=basic(), client_id="dcc", **second)
    assert refusal_of(request, registered(ClientAuthentication.BASIC)).error is OAuthError.INVALID_REQUEST


def test_an_error_has_a_challenge_when_the_credentials_were_in_the_header():
    """RFC 6749 section 5.2."""
    in_header = a_request(authorization=basic(secret="wrong"))
    assert not refusal_of(in_header, registered(ClientAuthentication.BASIC)).in_body
    in_form = a_request(client_id="dcc", client_secret="wrong")
    assert refusal_of(in_form, registered(ClientAuthentication.POST)).in_body


def test_an_unknown_and_a_suspended_client_are_refused_alike():
    suspended = registered(ClientAuthentication.BASIC, is_suspended=True)
    known = refusal_of(a_request(authorization=basic()), suspended)
    unknown = refusal_of(a_request(authorization=basic("nobody")), suspended)
    assert (known.error, known.description) == (unknown.error, unknown.description)


def test_the_client_that_a_request_names_is_read_without_proof():
    assert claimed_client_id(a_request(authorization=basic(secret="wrong"), client_id="perinat")) == "dcc"
    assert claimed_client_id(a_request(client_id="dcc", client_secret="wrong")) == "dcc"
    assert claimed_client_id(a_request(authorization=basic(), body=b"\xff")) == "dcc"


@pytest.mark.parametrize(
    "request_", [a_request(), a_request(authorization="Basic !"), a_request(body=b"\xff")], ids=["none", "bad", "form"]
)
def test_no_client_is_named_when_none_can_be_read(request_):
    assert claimed_client_id(request_) == ""


def test_a_secret_is_in_no_representation():
    assert SECRET not in repr(METHODS[ClientAuthentication.POST].credentials(REQUESTS[ClientAuthentication.POST]()))
    assert SECRET not in repr(a_request(client_id="dcc", client_secret=SECRET))
