"""The authorization code grant (idp/oidc/grants/authorization_code.py); its journeys are in tests/attacks."""

import pytest

from idp.oidc.errors import OAuthError, TokenError
from idp.oidc.grants.authorization_code import check_verifier
from tests.builders.grants import a_code

CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.mark.parametrize(("challenge", "verifier"), [(CHALLENGE, VERIFIER), (CHALLENGE, "~" * 128), (None, None)])
def test_a_verifier_comes_with_a_code_that_has_a_challenge(challenge, verifier):
    """RFC 7636 section 4.5; pyop then compares the two."""
    check_verifier(verifier, a_code(code_challenge=challenge))


@pytest.mark.parametrize(
    ("challenge", "verifier"),
    [
        (None, VERIFIER),  # RFC 9700 section 4.8.2: PKCE downgrade
        (CHALLENGE, None),
        (CHALLENGE, "a" * 42),
        (CHALLENGE, "a" * 129),
        (CHALLENGE, "é" * 43),
        (CHALLENGE, VERIFIER + "\n"),
    ],
)
def test_a_verifier_that_does_not_fit_is_an_invalid_grant(challenge, verifier):
    """RFC 7636 sections 4.1 and 4.6."""
    with pytest.raises(TokenError) as refused:
        check_verifier(verifier, a_code(code_challenge=challenge))
    assert refused.value.error is OAuthError.INVALID_GRANT
