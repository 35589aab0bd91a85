"""Sends requests to the identity provider and checks its answers. Only this module imports Authlib.

Authlib makes and checks state, nonce, PKCE and the ID token. The checks that it
leaves to the application are here, each with the section that requires it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, request, session
from joserfc.errors import JoseError

from relying_parties.samples.configuration import OidcConfiguration
from relying_parties.samples.oidc.logout_token import LogoutRequest, LogoutTokens
from relying_parties.samples.problems import ProviderFault, ProviderUnreachable, Refused, UnknownReturn, Untrusted

CLOCK_SKEW_SECONDS = 60
ANSWER_WITHIN_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIdentity:
    """The person who logged in, how and when, as signed by the identity provider."""

    id_token: str  # the id_token_hint of a logout
    claims: dict[str, Any]  # of the ID token, verified
    attributes: dict[str, Any]  # from userinfo

    page = "person.html"

    @property
    def name(self) -> str:
        parts = [self.attributes[part] for part in ("given_name", "family_name") if part in self.attributes]
        return str(self.attributes.get("name") or " ".join(parts) or self.claims["sub"])

    @property
    def authenticated_at(self) -> datetime | None:
        at = self.claims.get("auth_time")
        return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None


class IdentityProvider:
    """Begins and finishes logins, begins logouts, and reads logout tokens."""

    def __init__(self, app: Flask, configuration: OidcConfiguration) -> None:
        self._issuer = configuration.issuer
        self._client_id = configuration.client_id
        self._callback = f"{configuration.address}/callback"
        self._signed_out = f"{configuration.address}/signed-out"
        self._logout_tokens = LogoutTokens(issuer=self._issuer, client_id=self._client_id)
        self._client = OAuth(app).register(
            "provider",
            client_id=configuration.client_id,
            client_secret=configuration.client_secret or None,
            server_metadata_url=f"{configuration.issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": configuration.scope,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": configuration.client_authentication,
                "default_timeout": ANSWER_WITHIN_SECONDS,
            },
        )

    def begin(self, *, login_hint: str | None) -> Any:
        """The redirect to the identity provider.

        Raises:
            SignInError: the identity provider cannot be reached, or is not the configured one.
        """
        hint = {"login_hint": login_hint} if login_hint else {}
        with _provider_faults(self._issuer):
            self._metadata()
            return self._client.authorize_redirect(self._callback, **hint)

    def finish(self) -> SignedIdentity:
        """The person who returns from the identity provider by the current request.

        Raises:
            SignInError: the login failed.
        """
        with _provider_faults(self._issuer):
            self._check_issuer()
            self._check_state()
            token = self._client.authorize_access_token(
                leeway=CLOCK_SKEW_SECONDS,
                # Authlib compares only azp with client_id, not aud: OpenID Connect Core 1.0, 3.1.3.7, steps 2 and 3.
                claims_options={
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client_id},
                    "nonce": {"essential": True},
                },
            )
            if "userinfo" not in token:
                raise Untrusted("La réponse ne porte pas de jeton d’identité.")
            attributes = dict(self._client.userinfo(token=token))
        claims = dict(token["userinfo"])
        if attributes.get("sub") != claims["sub"]:  # OpenID Connect Core 1.0, 5.3.2
            raise Untrusted("userinfo parle d’une autre personne (sub) que le jeton d’identité.")
        return SignedIdentity(id_token=token["id_token"], claims=claims, attributes=attributes)

    def logout_address(self, id_token: str) -> tuple[str, str]:
        """The address that ends the session at the identity provider too, and the state that it returns.

        OpenID Connect RP-Initiated Logout 1.0, section 2.
        """
        with _provider_faults(self._issuer):
            self._metadata()
            made = self._client.create_logout_url(self._signed_out, id_token_hint=id_token)
        return made["url"], made["state"]

    def read_logout_token(self, token: str) -> LogoutRequest:
        """The sessions that a logout token ends.

        Raises:
            SignInError: the token is refused.
        """
        with _provider_faults(self._issuer):
            algorithms = self._metadata().get("id_token_signing_alg_values_supported", ["RS256"])
            return self._logout_tokens.read(token, keys=self._client.fetch_jwk_set, algorithms=algorithms)

    def _metadata(self) -> dict[str, Any]:
        """OpenID Connect Discovery 1.0, 4.3: the issuer must be the configured one."""
        metadata: dict[str, Any] = self._client.load_server_metadata()
        if metadata.get("issuer") != self._issuer:
            raise ProviderFault(f"Il publie l’issuer {metadata.get('issuer')!r} et non {self._issuer!r}.")
        return metadata

    def _check_issuer(self) -> None:
        """RFC 9207, 2.4: checked before the rest of the answer is used, errors included."""
        promised = self._metadata().get("authorization_response_iss_parameter_supported")
        sender = request.args.get("iss")
        if (promised or sender is not None) and sender != self._issuer:
            raise Untrusted(f"L’émetteur annoncé au retour (iss) est {sender!r} et non {self._issuer!r}.")

    def _check_state(self) -> None:
        """Authlib checks state after it has used an error, so that any site could have our page show its message."""
        if self._client.framework.get_state_data(session, request.args.get("state")) is None:
            raise UnknownReturn


class _provider_faults:  # noqa: N801 - read as a function: `with _provider_faults(issuer):`
    """Turns the exceptions of requests and Authlib into our own errors."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, fault: BaseException | None, trace: object) -> None:
        match fault:
            case MismatchingStateError():
                raise UnknownReturn from fault
            case OAuthError():
                raise Refused(fault.error, fault.description or "") from fault
            case JoseError():
                raise Untrusted(f"Jeton refusé : {fault}") from fault
            case requests.ConnectionError() | requests.Timeout():
                raise ProviderUnreachable(self._issuer) from fault
            case requests.RequestException():
                raise ProviderFault(str(fault)) from fault
