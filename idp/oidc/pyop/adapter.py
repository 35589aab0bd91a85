"""The pyop adapter: pyop verifies authentication requests, and makes the authentication, token and userinfo responses.

`_Provider` overrides what pyop does unsafely or slowly: the order of its validators, its state, client authentication
and signatures. docs/decisions/pyop-behind-one-adapter.md lists each fault, with its test in tests/attacks.
"""

import copy
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from oic.exception import PyoidcError
from pyop.exceptions import OAuthError as PyopError
from pyop.message import AuthorizationRequest
from pyop.provider import Provider
from pyop.request_validator import (
    authorization_request_verify,
    response_type_is_in_registered_response_types,
    userinfo_claims_only_specified_when_access_token_is_issued,
)

from idp import attribute_release
from idp.accounts.snapshot import AccountSnapshot
from idp.keys.key_ring import KeyRing
from idp.oidc.discovery import provider_metadata
from idp.oidc.errors import OAuthError, RequestError
from idp.oidc.grant_store import AuthorizationCode, Grant
from idp.oidc.id_token import at_hash, sign
from idp.oidc.pyop.state import Clients, IssuedCode, OpenedToken, Person, RedeemedCode, ReleasedClaims, State
from relying_parties.policy import AssuranceLevel
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry


class OidcProvider:
    """pyop's provider in our own types. A worker has one, which its threads share."""

    def __init__(
        self,
        *,
        issuer: str,
        registry: Registry,
        ring: Callable[[], KeyRing],
        id_token_lifetime: timedelta,
        reachable_levels: Collection[AssuranceLevel],
    ) -> None:
        """`reachable_levels`: the assurances that an enabled login method gives."""
        self._metadata = provider_metadata(issuer, reachable_levels)
        self._provider = _Provider(copy.deepcopy(self._metadata), registry, ring, id_token_lifetime)

    def configuration(self) -> dict[str, Any]:
        """The provider metadata, OpenID Connect Discovery 1.0 section 3.

        Members that pyop adds (`version`, logouts that we do not support) are removed, and the scopes, which pyop
        turns into a set, are put back in order.
        """
        published: dict[str, Any] = self._provider.provider_configuration.to_dict()
        ours = {name: published[name] for name in self._metadata}
        return ours | {"scopes_supported": ["openid", *attribute_release.SCOPES]}

    def check(self, message: Mapping[str, str]) -> None:
        """Have pyop verify an authentication request, Core 1.0 section 3.1.2.2.

        Raises:
            RequestError: the message breaks the protocol.
        """
        try:
            self._provider.parse_authentication_request(message)
        except (PyoidcError, PyopError) as refused:
            raise RequestError(_word(refused), _sentence(refused)) from refused
        except (ValueError, KeyError, AttributeError, TypeError) as broken:
            # oic raises these bare for malformed values
            raise RequestError(OAuthError.INVALID_REQUEST, "a parameter is malformed") from broken

    def authorize(
        self, *, client_id: str, redirect_uri: str, state: str | None, subject: str, issue: Callable[[], str | None]
    ) -> dict[str, str] | None:
        """The authentication response, Core 1.0 section 3.1.2.5, with `iss` (RFC 9207).

        `issue` stores the code and returns it, or None when the session has ended meanwhile.
        """
        code = issue()
        if code is None:
            return None
        message = {"client_id": client_id, "redirect_uri": redirect_uri, "response_type": ["code"]}
        answering = self._provider.with_state(IssuedCode(code))
        response = answering.authorize(message if state is None else message | {"state": state}, subject)
        response["iss"] = answering.configuration_information["issuer"]
        answer: dict[str, str] = response.to_dict()
        return answer

    def exchange(
        self,
        token_request: Mapping[str, str],
        code: AuthorizationCode,
        *,
        application: Application,
        snapshot: AccountSnapshot,
        issue: Callable[[], str | None],
        lifetime: timedelta,
    ) -> dict[str, Any]:
        """The token response, Core 1.0 section 3.1.3.3; pyop checks redirect_uri and the PKCE verifier.

        Raises:
            RequestError: `invalid_grant` when what is shown does not match the code.
        """
        state = RedeemedCode(token_request, code, Person(snapshot, application), issue, lifetime)
        try:
            response = self._provider.with_state(state).handle_token_request(
                "", extra_id_token_claims=dict(code.authentication)
            )
        except (PyoidcError, PyopError) as refused:
            raise RequestError(OAuthError.INVALID_GRANT, _GRANT_MISMATCH) from refused
        answer: dict[str, Any] = response.to_dict()
        return answer | {"scope": code.grant.scope}

    def userinfo(
        self, access_token: str, grant: Grant, *, application: Application, snapshot: AccountSnapshot
    ) -> dict[str, Any]:
        """The userinfo response, Core 1.0 section 5.3.2: the requested claims that policy releases."""
        state = OpenedToken(grant, Person(snapshot, application))
        response = self._provider.with_state(state).handle_userinfo_request(
            "", {"Authorization": f"Bearer {access_token}"}
        )
        answer: dict[str, Any] = response.to_dict()
        return answer


_EXCHANGED = ("grant_type", "code", "redirect_uri", "code_verifier")
_GRANT_MISMATCH = "the code was not issued for this redirect_uri and code_verifier"


def _word(refused: Exception) -> OAuthError:
    word = str(getattr(refused, "oauth_error", ""))
    return OAuthError(word) if word in set(OAuthError) else OAuthError.INVALID_REQUEST


def _sentence(refused: Exception) -> str:
    """pyop's explanation, which names parameters and no secret; one that is long or unprintable is not repeated."""
    text = str(refused)
    return text if text.isascii() and text.isprintable() and len(text) <= 200 else "the request is malformed"


class _Provider(Provider):  # type: ignore[misc]
    """pyop's provider, with its unsafe and slow parts overridden."""

    def __init__(
        self, metadata: dict[str, Any], registry: Registry, ring: Callable[[], KeyRing], id_token_lifetime: timedelta
    ) -> None:
        issuer = metadata["issuer"]
        super().__init__(
            signing_key=None,
            # pyop wants an https issuer even on loopback, where settings allow http in development
            configuration_information=metadata | {"issuer": issuer.replace("http://", "https://", 1)},
            authz_state=State(),
            clients=Clients(registry),
            userinfo=ReleasedClaims(),
            id_token_lifetime=int(id_token_lifetime.total_seconds()),
            extra_scopes=dict(attribute_release.SCOPES),
        )
        self.configuration_information["issuer"] = issuer
        self._ring = ring
        # idp/oidc/authorization/checks.py has verified the client and its redirect_uri
        self.authentication_request_validators = [
            authorization_request_verify,
            partial(response_type_is_in_registered_response_types, self),
            userinfo_claims_only_specified_when_access_token_is_issued,
        ]

    def with_state(self, state: State) -> "_Provider":
        """This provider for one request: threads share everything but the state."""
        answering = object.__new__(_Provider)
        answering.__dict__.update(self.__dict__, authz_state=state)
        return answering

    def parse_authentication_request(
        self, parameters: Mapping[str, str], _headers: object = None
    ) -> AuthorizationRequest:
        """pyop's own, for parameters that are decoded already (idp/oidc/authorization/parameters.py)."""
        request = AuthorizationRequest().from_dict(parameters)
        for validate in self.authentication_request_validators:
            validate(request)
        return request

    def _create_subject_identifier(self, user_id: str, _client_id: str, _redirect_uri: str) -> str:
        """The subject, which idp/accounts/subjects.py has chosen."""
        return user_id

    def _check_subject_identifier_matches_requested(self, _request: AuthorizationRequest, _subject: str) -> None:
        """Nothing to check: a requested `sub` is a login requirement (idp/login/requirements.py), already met."""

    def _verify_client_authentication(self, _body: str, _headers: object = None) -> dict[str, str]:
        """The client has authenticated already (idp/oidc/client_authentication.py); pyop never sees its secret."""
        state: RedeemedCode = self.authz_state
        kept = {name: state.token_request[name] for name in _EXCHANGED if name in state.token_request}
        return kept | {"client_id": state.client_id}

    def _create_signed_id_token(
        self,
        client_id: str,
        sub: str,
        user_claims: Mapping[str, Any] | None = None,
        nonce: str | None = None,
        authorization_code: str | None = None,  # noqa: ARG002 - pyop's signature; hybrid flows are not offered
        access_token_value: str | None = None,
        extra_id_token_claims: Mapping[str, Any] | None = None,
    ) -> str:
        """OpenID Connect Core 1.0, section 2. Claims of the protocol replace released claims of the same name."""
        now = int(time.time())
        claims: dict[str, Any] = {
            **(user_claims or {}),
            **(extra_id_token_claims or {}),
            "iss": self.configuration_information["issuer"],
            "sub": sub,
            "aud": client_id,
            "iat": now,
            "exp": now + self.id_token_lifetime,
        }
        if nonce is not None:
            claims["nonce"] = nonce
        if access_token_value is not None:
            claims["at_hash"] = at_hash(access_token_value)
        state: RedeemedCode = self.authz_state
        return sign(claims, algorithm=state.signing_algorithm, ring=self._ring())
