"""The userinfo endpoint: the claims that an access token gives access to.

OpenID Connect Core 1.0 section 5.3, RFC 6750.
"""

from datetime import UTC, datetime
from typing import Any

from idp.login.requirements import may_enter
from idp.oidc.endpoint_request import EndpointRequest
from idp.oidc.errors import OAuthError, TokenError
from idp.oidc.grant_store import GrantStore
from idp.oidc.pyop.adapter import OidcProvider
from idp.sessions.session import Sessions
from relying_parties.registry.registry import Registry

LONGEST_TOKEN = 256


class UserinfoEndpoint:
    """Answers userinfo requests."""

    def __init__(self, *, provider: OidcProvider, registry: Registry, grants: GrantStore, sessions: Sessions) -> None:
        self._provider = provider
        self._registry = registry
        self._grants = grants
        self._sessions = sessions

    def respond(self, request: EndpointRequest) -> dict[str, Any]:
        """The userinfo response: the claims that `scope` and `claims` request and that policy releases.

        Raises:
            TokenError: 401 (RFC 6750 section 3.1).
        """
        token = bearer_token(request)
        grant = self._grants.find(token)
        application = self._registry.by_client_id(grant.client_id) if grant else None
        if grant is None or application is None or application.is_suspended:
            raise _invalid_token()
        snapshot = self._sessions.snapshot(
            grant.account_id, since=datetime.fromtimestamp(grant.account_valid_from, UTC)
        )
        if snapshot is None or not may_enter(snapshot, application, datetime.now(UTC)):
            raise _invalid_token()
        return self._provider.userinfo(token, grant, application=application, snapshot=snapshot)


def _invalid_token() -> TokenError:
    return TokenError(OAuthError.INVALID_TOKEN, "the access token is unknown, expired or revoked", status=401)


def bearer_token(request: EndpointRequest) -> str:
    """The access token in the Authorization header (RFC 6750 section 2.1).

    A token in the form or the query is not read (sections 2.2 and 2.3, RFC 9700 section 4.3.2).

    Raises:
        TokenError: `invalid_token`, 401.
    """
    scheme, _, token = (request.authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN or not token.isascii():
        raise TokenError(
            OAuthError.INVALID_TOKEN,
            "send the access token as 'Authorization: Bearer <token>'",
            status=401,
            attempted=request.authorization is not None,
        )
    return token
