"""The userinfo endpoint: what scope and policy release of the person behind an access token.

OpenID Connect Core 1.0 section 5.3, RFC 6750.
"""

from datetime import UTC, datetime
from typing import Any

from idp.login.requirements import may_enter
from idp.oidc.errors import OAuthError, TokenError
from idp.oidc.grant_store import GrantStore
from idp.oidc.pyop.adapter import OidcProvider
from idp.sessions.session import Sessions
from relying_parties.registry.registry import Registry

LONGEST_TOKEN = 256


class UserinfoEndpoint:
    """Answers with the claims of one access token."""

    def __init__(self, *, provider: OidcProvider, registry: Registry, grants: GrantStore, sessions: Sessions) -> None:
        self._provider = provider
        self._registry = registry
        self._grants = grants
        self._sessions = sessions

    def respond(self, authorization: str | None) -> dict[str, Any]:
        """The userinfo response.

        Raises:
            Refused: 401 (RFC 6750 section 3.1).
        """
        token = _bearer(authorization)
        grant = self._grants.find(token)
        application = self._registry.by_client_id(grant.client_id) if grant else None
        if grant is None or application is None or application.is_suspended:
            raise _refused()
        snapshot = self._sessions.snapshot(
            grant.account_id, since=datetime.fromtimestamp(grant.account_valid_from, UTC)
        )
        if snapshot is None or not may_enter(snapshot, application):
            raise _refused()
        return self._provider.userinfo(token, grant, application=application, snapshot=snapshot)


def _refused() -> TokenError:
    return TokenError(OAuthError.INVALID_TOKEN, "the access token is unknown, expired or revoked", status=401)


def _bearer(authorization: str | None) -> str:
    """RFC 6750 section 2.1: in the Authorization header, and nowhere else (section 2.3, RFC 9700 section 4.3.2)."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > LONGEST_TOKEN or not token.isascii():
        raise TokenError(
            OAuthError.INVALID_TOKEN,
            "send the access token as 'Authorization: Bearer <token>'",
            status=401,
            attempted=authorization is not None,
        )
    return token
