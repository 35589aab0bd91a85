"""Grants and authorization codes, as a sign-in to the DCC stores them."""

from typing import Any

from idp.oidc.grant_store import AuthorizationCode, Grant

SID = "sid-1"


def a_grant(**changes: Any) -> Grant:
    """Jeanne's, for the DCC."""
    grant: dict[str, Any] = {
        "identifier": "grant-1",
        "client_id": "dcc",
        "account_id": "account-1",
        "sid": SID,
        "subject": "jeanne",
        "scope": "openid profile",
        "account_valid_from": 1.5,
        "userinfo_claims": {"email": None},
    }
    return Grant(**(grant | changes))


def a_code(**changes: Any) -> AuthorizationCode:
    """A code for that grant."""
    code: dict[str, Any] = {
        "grant": a_grant(),
        "redirect_uri": "https://dcc.example/callback",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "nonce": "n",
        "id_token_claims": {"acr": {"essential": True}},
        "authentication": {"auth_time": 1, "acr": "urn:x", "amr": ["pwd"], "sid": "1"},
    }
    return AuthorizationCode(**(code | changes))
