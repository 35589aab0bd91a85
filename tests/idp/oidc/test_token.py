"""The token endpoint finds a grant by its type (idp/oidc/token.py, idp/oidc/grants)."""

import pytest

from idp.oidc.discovery import provider_metadata
from idp.oidc.errors import OAuthError, TokenError
from idp.oidc.grants.authorization_code import AuthorizationCodeGrant
from idp.oidc.grants.base import grant_table
from idp.oidc.token import TokenEndpoint
from relying_parties.policy import ClientAuthentication
from tests.builders.applications import OneApplication, an_application
from tests.builders.endpoint_requests import a_request


class RecordedGrant:
    """A grant that answers with what it was given."""

    def __init__(self, grant_type):
        self.grant_type = grant_type

    def respond(self, request, client):
        return {"by": self.grant_type, "request": request, "client": client.application.client_id}


class RecordedFailures:
    def __init__(self):
        self.reported = []

    def report(self, refused, *, request, client):
        self.reported.append((refused, request, client))


@pytest.fixture
def failures():
    return RecordedFailures()


@pytest.fixture
def endpoint(failures):
    registry = OneApplication(an_application(client_authentication=ClientAuthentication.NONE))
    grants = grant_table(RecordedGrant("authorization_code"), RecordedGrant("urn:example:another"))
    return TokenEndpoint(registry=registry, grants=grants, failures=failures)


@pytest.mark.parametrize("grant_type", ["authorization_code", "urn:example:another"])
def test_each_grant_type_is_answered_by_its_own_module_with_the_whole_request(endpoint, grant_type):
    """RFC 6749 section 4.5: extension grants."""
    request = a_request(client_id="dcc", grant_type=grant_type)
    assert endpoint.respond(request) == {"by": grant_type, "request": request, "client": "dcc"}


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "dcc"}, OAuthError.INVALID_REQUEST),
        ({"client_id": "dcc", "grant_type": "password"}, OAuthError.UNSUPPORTED_GRANT_TYPE),
        ({"client_id": "nobody", "grant_type": "password"}, OAuthError.INVALID_CLIENT),
        ({}, OAuthError.INVALID_CLIENT),
    ],
)
def test_a_refusal_is_reported_with_its_request(endpoint, failures, form, error):
    """RFC 6749 section 5.2; the client authenticates before its grant is looked at."""
    request = a_request(**form)
    with pytest.raises(TokenError) as refused:
        endpoint.respond(request)
    assert refused.value.error is error
    assert [(one, each) for one, each, _ in failures.reported] == [(refused.value, request)]


def test_the_published_grant_types_are_those_of_the_table():
    """RFC 8414 section 2."""
    published = provider_metadata("https://idp.example", [])["grant_types_supported"]
    assert published == [AuthorizationCodeGrant.grant_type]
