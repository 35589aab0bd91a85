"""The parts of OpenID Connect."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from idp.container.services import Services
from idp.logout.logout_request import LogoutRequest
from idp.oidc import logout
from idp.oidc.authorization.checks import RequestReader
from idp.oidc.authorization.response import OidcProtocol
from idp.oidc.grant_store import GrantStore
from idp.oidc.grants.authorization_code import AuthorizationCodeGrant
from idp.oidc.grants.base import grant_table
from idp.oidc.pyop.adapter import OidcProvider
from idp.oidc.token import TokenEndpoint
from idp.oidc.token_failures import TokenFailures
from idp.oidc.userinfo import UserinfoEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcParts:
    """The login protocol, and the endpoints that share its provider and its grants."""

    provider: OidcProvider
    protocol: OidcProtocol
    token: TokenEndpoint
    userinfo: UserinfoEndpoint
    read_logout: Callable[[str], LogoutRequest]

    @classmethod
    def of(cls, services: Services) -> "OidcParts":
        settings, registry, sessions, ring = services.settings, services.registry, services.sessions, services.keys.ring
        provider = OidcProvider(
            issuer=settings.issuer,
            registry=registry,
            ring=ring,
            id_token_lifetime=settings.id_token_lifetime,
            reachable_levels=services.reachable_levels,
        )
        grants = GrantStore(
            services.store,
            code_lifetime=settings.code_lifetime,
            access_token_lifetime=settings.access_token_lifetime,
        )
        failures = TokenFailures(
            registry=registry, audit=services.audit, throttle=services.throttle, faults=services.faults
        )
        return cls(
            provider=provider,
            protocol=OidcProtocol(
                issuer=settings.issuer,
                reader=RequestReader(issuer=settings.issuer, provider=provider, registry=registry, ring=ring),
                provider=provider,
                grants=grants,
                sessions=sessions,
            ),
            token=TokenEndpoint(
                registry=registry,
                grants=grant_table(
                    AuthorizationCodeGrant(provider=provider, grants=grants, sessions=sessions, audit=services.audit),
                ),
                failures=failures,
            ),
            userinfo=UserinfoEndpoint(provider=provider, registry=registry, grants=grants, sessions=sessions),
            read_logout=partial(logout.read, issuer=settings.issuer, registry=registry, ring=ring),
        )
