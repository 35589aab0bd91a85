"""The pyop adapter: the only module that imports pyop and oic.

pyop reads the authentication request and makes the authentication, token and
userinfo responses. What it does unsafely or slowly is replaced here by
overriding: validators in a safe order, state that lives for one request over
our own grants, client authentication, signatures (docs/decisions/pyop-behind-one-adapter.md;
each fault has its test in tests/attacks).
"""

import copy
import time
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from oic.exception import PyoidcError
from pyop.access_token import AccessToken
from pyop.authz_state import AuthorizationState
from pyop.exceptions import InvalidAuthorizationCode
from pyop.exceptions import OAuthError as PyopError
from pyop.message import AuthorizationRequest as ParsedRequest
from pyop.provider import Provider
from pyop.request_validator import (
    authorization_request_verify,
    response_type_is_in_registered_response_types,
    userinfo_claims_only_specified_when_access_token_is_issued,
)
from pyop.userinfo import Userinfo

from idp import release
from idp.accounts.accounts import Standing
from idp.keys import Algorithm, KeyRing
from idp.oidc.context import ACR
from idp.oidc.errors import OAuthError
from idp.oidc.grants import Code, Grant
from idp.oidc.id_token import ALGORITHMS, at_hash, sign
from relying_parties.application import Application
from relying_parties.policy import Assurance, ClientAuthentication
from relying_parties.registry import Registry

__all__ = ["OidcProvider", "ParsedRequest", "ProviderRefusal"]


class ProviderRefusal(Exception):
    """pyop refused a message; `error` is the protocol's word, the text is for the developer."""

    def __init__(self, error: OAuthError, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class OidcProvider:
    """OpenID Connect messages, read and written by pyop. One a worker, shared by its threads."""

    def __init__(
        self,
        *,
        issuer: str,
        registry: Registry,
        ring: Callable[[], KeyRing],
        id_token_lifetime: timedelta,
        reach: Collection[Assurance],
    ) -> None:
        """`reach`: the assurances that an enabled login method gives."""
        self._metadata = _configuration(issuer, reach)
        self._provider = _Provider(copy.deepcopy(self._metadata), registry, ring, id_token_lifetime)

    def configuration(self) -> dict[str, Any]:
        """The provider metadata, OpenID Connect Discovery 1.0 section 3.

        What pyop adds of its own is left out (`version`, logouts that we do not do),
        and the scopes, of which it makes a set, are in their order again.
        """
        published: dict[str, Any] = self._provider.provider_configuration.to_dict()
        ours = {name: published[name] for name in self._metadata}
        return ours | {"scopes_supported": ["openid", *release.SCOPES]}

    def read(self, parameters: Mapping[str, str]) -> ParsedRequest:
        """An authentication request, Core 1.0 section 3.1.2.1; its client and redirect_uri are known already.

        Raises:
            ProviderRefusal: the message breaks the protocol.
        """
        try:
            return self._provider.parse_authentication_request(parameters)
        except (PyoidcError, PyopError) as refused:
            raise ProviderRefusal(_word(refused), _sentence(refused)) from refused
        except (ValueError, KeyError, AttributeError, TypeError) as broken:
            # oic raises these bare for malformed `claims`, `max_age` and others (library-traps, 1e-12)
            raise ProviderRefusal(OAuthError.INVALID_REQUEST, "a parameter is malformed") from broken

    def authorize(
        self, parsed: ParsedRequest, *, subject: str, issue: Callable[[], str | None]
    ) -> dict[str, str] | None:
        """The authentication response, Core 1.0 section 3.1.2.5, with `iss` (RFC 9207).

        `issue` stores the code and gives its value, or None when the session has ended meanwhile.
        """
        code = issue()
        if code is None:
            return None
        answering = self._provider.with_state(_IssuedCode(code))
        response = answering.authorize(parsed, subject)
        response["iss"] = answering.configuration_information["issuer"]
        answer: dict[str, str] = response.to_dict()
        return answer

    def exchange(
        self,
        token_request: Mapping[str, str],
        code: Code,
        *,
        application: Application,
        standing: Standing,
        issue: Callable[[], str | None],
        lifetime: timedelta,
    ) -> dict[str, Any]:
        """The token response, Core 1.0 section 3.1.3.3; pyop checks redirect_uri and the PKCE verifier.

        Raises:
            ProviderRefusal: `invalid_grant` when what is shown does not match the code.
        """
        state = _RedeemedCode(token_request, code, _Person(standing, application), issue, lifetime)
        try:
            response = self._provider.with_state(state).handle_token_request(
                "", extra_id_token_claims=dict(code.authentication)
            )
        except (PyoidcError, PyopError) as refused:
            raise ProviderRefusal(OAuthError.INVALID_GRANT, _GRANT_MISMATCH) from refused
        answer: dict[str, Any] = response.to_dict()
        return answer | {"scope": code.grant.scope}

    def userinfo(
        self, access_token: str, grant: Grant, *, application: Application, standing: Standing
    ) -> dict[str, Any]:
        """The userinfo response, Core 1.0 section 5.3.2: what scope and `claims` asked for and policy releases."""
        state = _OpenedToken(grant, _Person(standing, application))
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
    """pyop's own explanation names parameters, never values of ours; long or unprintable ones are not repeated."""
    text = str(refused)
    return text if text.isascii() and text.isprintable() and len(text) <= 200 else "the request is malformed"


class _Person:
    """What pyop calls a user id: the account as it stands, before one application."""

    def __init__(self, standing: Standing, application: Application) -> None:
        self.claims = release.claims(standing, application.attributes)


class _ReleasedClaims(Userinfo):  # type: ignore[misc]  # pyop has no types
    """Userinfo by the release table. `authorize` looks here for a `sub` of its own, which we never give."""

    def __init__(self) -> None:
        super().__init__({})

    def __getitem__(self, _: object) -> dict[str, Any]:
        return {}

    def get_claims_for(self, person: _Person, requested: Mapping[str, Any], _: object = None) -> dict[str, Any]:
        return {claim: person.claims[claim] for claim in requested if claim in person.claims}


class _State(AuthorizationState):  # type: ignore[misc]
    """pyop's authorization state, for the length of one request; what lasts is in grants.py."""

    stateless = False

    def __init__(self) -> None:
        """Nothing of pyop's in-memory storage is made."""


class _IssuedCode(_State):
    """The authorization endpoint: a code that is stored already."""

    def __init__(self, code: str) -> None:
        self._code = code

    def create_authorization_code(self, *_: object, **__: object) -> str:
        return self._code


class _RedeemedCode(_State):
    """The token endpoint: a code that has just been redeemed by its client."""

    def __init__(
        self,
        token_request: Mapping[str, str],
        code: Code,
        person: _Person,
        issue: Callable[[], str | None],
        lifetime: timedelta,
    ) -> None:
        self.token_request = token_request
        self.client_id = code.grant.client_id
        self._code = code
        self._person = person
        self._issue = issue
        self._lifetime = lifetime

    def get_authorization_request_for_code(self, _: str) -> dict[str, Any]:
        """What `_verify_code_exchange_req` and `_get_requested_claims_in` compare with."""
        code = self._code
        request: dict[str, Any] = {
            "client_id": code.grant.client_id,
            "redirect_uri": code.redirect_uri,
            "nonce": code.nonce,
        }
        if code.code_challenge is not None:
            request |= {"code_challenge": code.code_challenge, "code_challenge_method": "S256"}
        if code.id_token_claims:
            request["claims"] = {"id_token": code.id_token_claims}
        return request

    def get_subject_identifier_for_code(self, _: str) -> str:
        return self._code.grant.subject

    def get_user_id_for_subject_identifier(self, _: str) -> _Person:
        return self._person

    def exchange_code_for_token(self, _: str) -> AccessToken:
        token = self._issue()
        if token is None:
            raise InvalidAuthorizationCode("revoked")
        return AccessToken(token, int(self._lifetime.total_seconds()))

    def create_refresh_token(self, _: str) -> None:
        """No refresh tokens: a sign-in lasts as long as its session."""


class _OpenedToken(_State):
    """The userinfo endpoint: an access token that has been found good."""

    def __init__(self, grant: Grant, person: _Person) -> None:
        self._grant = grant
        self._person = person

    def introspect_access_token(self, _: str) -> dict[str, Any]:
        return {"active": True, "scope": self._grant.scope, "sub": self._grant.subject}

    def get_user_id_for_subject_identifier(self, _: str) -> _Person:
        return self._person

    def get_authorization_request_for_access_token(self, _: str) -> dict[str, Any]:
        return {"claims": {"userinfo": self._grant.userinfo_claims or {}}}


class _Clients(Mapping[str, dict[str, Any]]):
    """The registry as pyop's `clients`: client_id -> the metadata that pyop looks at."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, client_id: str) -> dict[str, Any]:
        application = self._registry.by_client_id(client_id)
        if application is None:
            raise KeyError(client_id)
        return {
            "redirect_uris": list(application.redirect_uris),  # a list: pyop tests with `in` (library-traps, 1d)
            "response_types": ["code"],
            "id_token_signed_response_alg": str(application.id_token_signing_alg),
        }

    def __contains__(self, client_id: object) -> bool:
        return isinstance(client_id, str) and self._registry.by_client_id(client_id) is not None

    def __iter__(self) -> Any:
        raise TypeError("the registry is not enumerated while answering a request")

    def __len__(self) -> int:
        raise TypeError("the registry is not counted while answering a request")


class _Provider(Provider):  # type: ignore[misc]
    """pyop's provider, with what it must not do replaced."""

    def __init__(
        self, metadata: dict[str, Any], registry: Registry, ring: Callable[[], KeyRing], id_token_lifetime: timedelta
    ) -> None:
        issuer = metadata["issuer"]
        super().__init__(
            signing_key=None,
            # pyop wants an https issuer even on loopback, where settings allow http in development
            configuration_information=metadata | {"issuer": issuer.replace("http://", "https://", 1)},
            authz_state=_State(),
            clients=_Clients(registry),
            userinfo=_ReleasedClaims(),
            id_token_lifetime=int(id_token_lifetime.total_seconds()),
            extra_scopes=dict(release.SCOPES),
        )
        self.configuration_information["issuer"] = issuer
        self._ring = ring
        # the client and its redirect_uri are verified before we come here, by authorization.py (library-traps, 1e-2)
        self.authentication_request_validators = [
            authorization_request_verify,
            partial(response_type_is_in_registered_response_types, self),
            userinfo_claims_only_specified_when_access_token_is_issued,
        ]

    def with_state(self, state: _State) -> "_Provider":
        """This provider for one request: threads share everything but the state."""
        answering = object.__new__(_Provider)
        vars(answering).update(vars(self), authz_state=state)
        return answering

    def parse_authentication_request(self, parameters: Mapping[str, str], _headers: object = None) -> ParsedRequest:
        """pyop's own, but for parameters that have been decoded already (authorization.py)."""
        request = ParsedRequest().from_dict(parameters)
        for validate in self.authentication_request_validators:
            validate(request)
        return request

    def _create_subject_identifier(self, user_id: str, _client_id: str, _redirect_uri: str) -> str:
        """Subjects are ours (idp/accounts/subjects.py)."""
        return user_id

    def _check_subject_identifier_matches_requested(self, _request: ParsedRequest, _subject: str) -> None:
        """A requested `sub` is a login requirement, met before we come here."""

    def _verify_client_authentication(self, _body: str, _headers: object = None) -> dict[str, str]:
        """The client has authenticated before we come here (client_authentication.py); its secret goes no further."""
        state: _RedeemedCode = self.authz_state
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
        """OpenID Connect Core 1.0, section 2; what we assert ourselves wins over released claims."""
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
        algorithm = Algorithm(self.clients[client_id]["id_token_signed_response_alg"])
        return sign(claims, algorithm=algorithm, ring=self._ring())


def _configuration(issuer: str, reach: Collection[Assurance]) -> dict[str, Any]:
    """pyop's configuration, built here and nowhere else; published as the discovery document."""
    at = partial("{}{}".format, issuer)
    claims = sorted({claim for names in release.SCOPES.values() for claim in names})
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
        "token_endpoint_auth_methods_supported": [str(method) for method in ClientAuthentication],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid"],
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", *claims],
        "acr_values_supported": [acr for assurance, acr in ACR.items() if assurance in reach],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["fr", "en"],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "authorization_response_iss_parameter_supported": True,
    }
