"""The provider metadata, which configure pyop and are published as the discovery document.

OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2, RFC 9207 section 3.
"""

from collections.abc import Collection
from functools import partial
from typing import Any

from idp import attribute_release
from idp.oidc.id_token import ALGORITHMS
from idp.sessions.acr import CLASS
from relying_parties.policy import AssuranceLevel, ClientAuthentication


def provider_metadata(issuer: str, reachable_levels: Collection[AssuranceLevel]) -> dict[str, Any]:
    """The metadata of `issuer`; `reachable_levels`: the assurances that an enabled login method gives."""
    at = partial("{}{}".format, issuer)
    claims = sorted({claim for names in attribute_release.SCOPES.values() for claim in names})
    return {
        "issuer": issuer,
        "authorization_endpoint": at("/oidc/authorize"),
        "token_endpoint": at("/oidc/token"),
        "userinfo_endpoint": at("/oidc/userinfo"),
        "end_session_endpoint": at("/oidc/logout"),
        "jwks_uri": at("/oidc/jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": [str(method) for method in ClientAuthentication if method.is_pinned],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", *claims],
        "acr_values_supported": [acr for assurance, acr in CLASS.items() if assurance in reachable_levels],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["fr", "en"],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "authorization_response_iss_parameter_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }
