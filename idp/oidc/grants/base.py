"""What every grant of the token endpoint is."""

from collections.abc import Mapping
from typing import Any, Protocol

from idp.oidc.client_authentication import AuthenticatedClient
from idp.oidc.endpoint_request import EndpointRequest


class GrantHandler(Protocol):
    """Answers the token requests of one `grant_type`."""

    grant_type: str

    def respond(self, request: EndpointRequest, client: AuthenticatedClient) -> dict[str, Any]:
        """The token response, RFC 6749 section 5.1. The type of `client` says that it has authenticated.

        Raises:
            TokenError: RFC 6749 section 5.2.
        """
        ...


GrantTable = Mapping[str, GrantHandler]


def grant_table(*handlers: GrantHandler) -> GrantTable:
    """The handlers by their `grant_type`."""
    return {handler.grant_type: handler for handler in handlers}
