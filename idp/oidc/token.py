"""The token endpoint: authenticates the client, and has the grant that it names answer.

RFC 6749 section 3.2. The grants are in `idp/oidc/grants`.
"""

from typing import Any

from idp.oidc.client_authentication import AuthenticatedClient, authenticate
from idp.oidc.endpoint_request import EndpointRequest
from idp.oidc.errors import OAuthError, TokenError
from idp.oidc.grants.base import GrantHandler, GrantTable
from idp.oidc.token_failures import TokenFailures
from relying_parties.registry.registry import Registry


class TokenEndpoint:
    """Answers token requests."""

    def __init__(self, *, registry: Registry, grants: GrantTable, failures: TokenFailures) -> None:
        self._registry = registry
        self._grants = grants
        self._failures = failures

    def respond(self, request: EndpointRequest) -> dict[str, Any]:
        """The token response.

        Raises:
            TokenError: RFC 6749 section 5.2; it has been reported.
        """
        client: AuthenticatedClient | None = None
        try:
            client = authenticate(request, registry=self._registry)
            return self._grant(request.required("grant_type")).respond(request, client)
        except TokenError as refused:
            self._failures.report(refused, request=request, client=client)
            raise

    def _grant(self, grant_type: str) -> GrantHandler:
        handler = self._grants.get(grant_type)
        if handler is None:
            raise TokenError(OAuthError.UNSUPPORTED_GRANT_TYPE, f"use grant_type={' or '.join(self._grants)}")
        return handler
