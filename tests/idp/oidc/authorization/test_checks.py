"""The checks of an authentication request (idp/oidc/authorization/checks.py), each alone and in their order."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey, KeySet, RSAKey

from idp.keys.key_ring import Algorithm, KeyRing
from idp.oidc.authorization import checks
from idp.oidc.authorization.claims import ClaimsRequest
from idp.oidc.authorization.parameters import AuthorizationParameters
from idp.oidc.errors import AuthorizationError, Fault, OAuthError, RequestError
from idp.oidc.id_token import sign
from idp.oidc.pyop.adapter import OidcProvider
from idp.sessions.acr import CLASS
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.policy import AssuranceLevel
from tests.builders.applications import OneApplication, an_application

ISSUER = "https://idp.example"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
VALID = AuthorizationParameters(
    client_id="dcc",
    redirect_uri="https://dcc.example/callback",
    response_type="code",
    scope="openid profile",
    state="s",
    nonce="n",
    code_challenge="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method="S256",
)


@pytest.fixture(scope="module")
def ring():
    rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
    ec = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
    return KeyRing(signing={Algorithm.RS256: rsa, Algorithm.ES256: ec}, published=KeySet([rsa, ec]))


@pytest.fixture
def registry():
    return OneApplication(an_application())


@pytest.fixture
def reads(ring, registry):
    """Reads the valid request with some of its parameters changed."""
    provider = OidcProvider(
        issuer=ISSUER,
        registry=registry,
        ring=lambda: ring,
        id_token_lifetime=timedelta(minutes=5),
        reachable_levels=[AssuranceLevel.PASSWORD],
    )
    reader = checks.RequestReader(issuer=ISSUER, provider=provider, registry=registry, ring=lambda: ring)
    return lambda **changes: reader.read(replace(VALID, **changes), received_at=NOW)


def test_a_valid_request_has_the_values_of_its_parameters(reads, registry):
    request = reads(prompt="login", max_age="60", ui_locales="fr en", login_hint="jeanne")
    assert request.application is registry.application
    assert (request.redirect_uri, request.state, request.nonce) == (VALID.redirect_uri, "s", "n")
    assert (request.scope, request.code_challenge) == ("openid profile", VALID.code_challenge)
    assert (request.force_authn, request.passive, request.max_age) == (True, False, timedelta(seconds=60))
    assert (request.languages, request.login_hint) == (("fr", "en"), "jeanne")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"client_id": ""}, Fault.CLIENT_MISSING),
        ({"client_id": "nobody"}, Fault.CLIENT_UNKNOWN),
        ({"redirect_uri": ""}, Fault.REDIRECT_URI_MISSING),
        ({"redirect_uri": "https://dcc.example/callback/"}, Fault.REDIRECT_URI_UNREGISTERED),
        ({"redirect_uri": "https://evil.example/", "response_type": "token"}, Fault.REDIRECT_URI_UNREGISTERED),
    ],
)
def test_until_the_redirect_uri_is_verified_nobody_is_redirected(reads, changes, fault):
    """RFC 6749 section 4.1.2.1."""
    with pytest.raises(UntrustedRequest) as refused:
        reads(**changes)
    assert refused.value.fault == fault


def test_a_suspended_client_is_refused(reads, registry):
    registry.suspends()
    with pytest.raises(UntrustedRequest) as refused:
        reads()
    assert refused.value.fault == Fault.CLIENT_SUSPENDED


IN_ORDER = [
    ({"request": "eyJ"}, OAuthError.REQUEST_NOT_SUPPORTED),
    ({"request_uri": "https://dcc.example/r"}, OAuthError.REQUEST_URI_NOT_SUPPORTED),
    ({"registration": "{}"}, OAuthError.REGISTRATION_NOT_SUPPORTED),
    ({"response_type": "code id_token"}, OAuthError.UNSUPPORTED_RESPONSE_TYPE),
    ({"code_challenge_method": "plain"}, OAuthError.INVALID_REQUEST),
    ({"scope": "profile"}, OAuthError.INVALID_SCOPE),
    ({"prompt": "none login"}, OAuthError.INVALID_REQUEST),
    (
        {"claims": json.dumps({"id_token": {"acr": {"essential": True, "value": "urn:x"}}})},
        OAuthError.UNMET_AUTHENTICATION_REQUIREMENTS,
    ),
    ({"id_token_hint": "not.a.token"}, OAuthError.INVALID_REQUEST),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_of_several_faults_the_first_in_the_order_of_the_specification_is_reported(reads, first):
    """OpenID Connect Core 1.0 section 3.1.2.2: OAuth 2.0, then the scope, then the rest, then who is meant."""
    wrong = {name: value for changes, _ in IN_ORDER[first:] for name, value in changes.items()}
    with pytest.raises(AuthorizationError) as refused:
        reads(**wrong)
    assert refused.value.error is IN_ORDER[first][1]
    assert (refused.value.redirect_uri, refused.value.state) == (VALID.redirect_uri, "s")


def description_of(check, *arguments):
    with pytest.raises(RequestError) as refused:
        check(*arguments)
    return refused.value.description


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"response_type": ""}, "response_type is missing"),
        ({"response_type": "token"}, "use response_type=code"),
        ({"response_mode": "fragment"}, "use response_mode=query"),
    ],
)
def test_the_response_type(changes, sentence):
    """RFC 6749 section 3.1.1."""
    assert description_of(checks.check_response_type, replace(VALID, **changes)).startswith(sentence)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code_challenge": None}, "code_challenge is missing"),
        ({"code_challenge_method": None}, "use code_challenge_method=S256"),
        ({"code_challenge_method": "plain"}, "use code_challenge_method=S256"),
        ({"code_challenge": "short"}, "code_challenge is not the base64url form of a SHA-256"),
        ({"code_challenge": "é" * 43}, "code_challenge is not the base64url form of a SHA-256"),
    ],
)
def test_the_code_challenge(changes, sentence):
    """RFC 7636 section 4.3."""
    assert description_of(checks.checked_code_challenge, replace(VALID, **changes), an_application()).startswith(
        sentence
    )


def test_a_client_may_be_registered_without_pkce_and_then_sends_both_parameters_or_neither():
    without = an_application(require_pkce=False)
    assert checks.checked_code_challenge(VALID, without) == VALID.code_challenge
    neither = replace(VALID, code_challenge=None, code_challenge_method=None)
    assert checks.checked_code_challenge(neither, without) is None
    only_method = replace(VALID, code_challenge=None)
    assert description_of(checks.checked_code_challenge, only_method, without)


@pytest.mark.parametrize("scope", ["", "profile", "openid\tprofile", 'openid "', "OPENID"])
def test_a_scope_without_openid_or_malformed_is_refused(scope):
    """OpenID Connect Core 1.0 section 3.1.2.1, RFC 6749 section 3.3."""
    with pytest.raises(RequestError) as refused:
        checks.granted_scope(replace(VALID, scope=scope))
    assert refused.value.error is OAuthError.INVALID_SCOPE


def test_scopes_that_are_not_known_are_ignored():
    """OpenID Connect Core 1.0 section 3.1.2.1."""
    assert checks.granted_scope(replace(VALID, scope="profile blue openid profile")) == "profile openid"


@pytest.mark.parametrize("value", ["-1", "1.5", "x", " 1", "1" * 10, "٣"])
def test_a_max_age_is_a_number_of_seconds(value):
    assert description_of(checks.checked_max_age, replace(VALID, max_age=value))
    assert checks.checked_max_age(replace(VALID, max_age="0")) == timedelta(0)


@pytest.mark.parametrize("prompt", ["none login", "create", "NONE"])
def test_a_prompt_that_cannot_be_met_is_refused(prompt):
    assert description_of(checks.checked_prompts, replace(VALID, prompt=prompt))


def test_a_nonce_that_is_too_long_is_refused():
    assert description_of(checks.checked_nonce, replace(VALID, nonce="n" * (checks.LONGEST_NONCE + 1)))


def test_the_lowest_of_the_essential_acr_values_is_required():
    """OpenID Connect Core 1.0 section 5.5.1.1."""
    values = [CLASS[AssuranceLevel.CARD], CLASS[AssuranceLevel.TWO_FACTORS], "urn:x"]
    essential = ClaimsRequest(id_token={"acr": {"essential": True, "values": values}})
    assert checks.checked_essential_assurance(essential) is AssuranceLevel.TWO_FACTORS
    assert checks.checked_essential_assurance(ClaimsRequest(id_token={"acr": {"values": values}})) is None


def hint(ring, **changes):
    claims = {"iss": ISSUER, "sub": "jeanne", "aud": "dcc", "sid": "1"} | changes
    return sign(claims, algorithm=Algorithm.RS256, ring=ring)


def test_the_expected_subject_is_the_one_that_hint_and_requested_sub_agree_on(reads, ring):
    """OpenID Connect Core 1.0 sections 3.1.2.1 and 5.5.1."""
    requested = json.dumps({"id_token": {"sub": {"values": ["jeanne", "paul"]}}})
    assert reads().expected_subjects is None
    assert reads(claims=requested).expected_subjects == {"jeanne", "paul"}
    assert reads(id_token_hint=hint(ring)).expected_subjects == {"jeanne"}
    assert reads(claims=requested, id_token_hint=hint(ring)).expected_subjects == {"jeanne"}
    assert reads(claims=requested, id_token_hint=hint(ring, sub="luc")).expected_subjects == frozenset()


@pytest.mark.parametrize("changes", [{"aud": "perinat"}, {"iss": "https://elsewhere.example"}])
def test_a_hint_that_was_issued_to_another_is_refused(reads, ring, changes):
    with pytest.raises(AuthorizationError) as refused:
        reads(id_token_hint=hint(ring, **changes))
    assert refused.value.description == "id_token_hint is not an ID token we issued to this client"
