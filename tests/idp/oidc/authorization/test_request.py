"""An authentication request is the same after a pending login has kept it, unless its application has changed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.oidc.authorization.checks import RequestReader
from idp.oidc.authorization.request import AuthenticationRequest
from idp.oidc.vocabulary import PROTOCOL
from relying_parties.policy import AssuranceLevel
from tests.builders.applications import OneApplication, an_application

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
APPLICATION = an_application()
TEXTS = st.one_of(st.none(), st.text(min_size=1, max_size=20))
LEVELS = st.one_of(st.none(), st.sampled_from(AssuranceLevel))
CLAIMS = st.one_of(st.none(), st.dictionaries(st.text(max_size=8), st.none()))
REQUESTS = st.builds(
    AuthenticationRequest,
    protocol=st.just(PROTOCOL),
    received_at=st.just(NOW),
    application=st.just(APPLICATION),
    sector=st.just(APPLICATION.oidc_client.sector),
    passive=st.booleans(),
    force_authn=st.booleans(),
    select_account=st.booleans(),
    max_age=st.one_of(st.none(), st.integers(0, 10**9 - 1).map(lambda seconds: timedelta(seconds=seconds))),
    voluntary_assurance=LEVELS,
    essential_assurance=LEVELS,
    expected_subjects=st.one_of(st.none(), st.frozensets(st.text(max_size=8), max_size=2)),
    login_hint=st.text(max_size=20),
    languages=st.lists(st.text(min_size=1, max_size=5), max_size=3).map(tuple),
    redirect_uri=st.just(APPLICATION.oidc_client.redirect_uris[0]),
    scope=st.just("openid profile"),
    state=TEXTS,
    nonce=TEXTS,
    code_challenge=TEXTS,
    id_token_claims=CLAIMS,
    userinfo_claims=CLAIMS,
)


@given(REQUESTS)
def test_an_authentication_request_survives_serialization(request):
    assert AuthenticationRequest.restored(json.loads(request.serialized()), APPLICATION, NOW) == request


@pytest.fixture
def reloaded():
    """The valid request, reloaded when its application is registered with these changes."""
    request = AuthenticationRequest(
        protocol=PROTOCOL,
        received_at=NOW,
        application=APPLICATION,
        redirect_uri=APPLICATION.oidc_client.redirect_uris[0],
        scope="openid",
    )

    def reload(oidc=None, **changes):
        application = replace(APPLICATION, oidc=replace(APPLICATION.oidc_client, **(oidc or {})), **changes)
        reader = RequestReader(issuer="", provider=None, registry=OneApplication(application), ring=None)
        return reader.reload(request.serialized(), NOW)

    return reload


def test_an_application_changed_meanwhile_may_end_the_login(reloaded):
    assert reloaded(oidc={"require_pkce": False}) is not None
    assert reloaded(oidc={"require_pkce": True}) is None
    assert reloaded(oidc={"require_pkce": False, "redirect_uris": ("https://elsewhere.example/callback",)}) is None
    assert reloaded(oidc={"require_pkce": False}, suspended_at=NOW) is None
