"""The checks of an authentication request, in the order of OpenID Connect Core 1.0 section 3.1.2.2.

The client and its redirect_uri come first: until both are verified, a fault is shown to the person
(`UntrustedRequest`); after, it goes back to the application (`AuthorizationError`).
"""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from idp import attribute_release
from idp.keys.key_ring import KeyRing
from idp.oidc.authorization.claims import ClaimsRequest, read_claims
from idp.oidc.authorization.parameters import AuthorizationParameters, split_list
from idp.oidc.authorization.request import AuthenticationRequest
from idp.oidc.errors import AuthorizationError, Fault, OAuthError, RequestError
from idp.oidc.id_token import read_hint
from idp.oidc.pyop.adapter import OidcProvider
from idp.oidc.vocabulary import PROTOCOL
from idp.sessions.acr import lowest_level
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.policy import AssuranceLevel
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry

LONGEST_NONCE = 512
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")  # RFC 7636 section 4.2: base64url of 32 bytes
_SCOPES = re.compile(r"[\x20\x21\x23-\x5B\x5D-\x7E]*\Z")  # RFC 6749 section 3.3: scope-token, and the space between
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})


class RequestReader:
    """Turns authorization parameters into an authentication request that every check has passed."""

    def __init__(self, *, issuer: str, provider: OidcProvider, registry: Registry, ring: Callable[[], KeyRing]) -> None:
        self._issuer = issuer
        self._provider = provider
        self._registry = registry
        self._ring = ring

    def read(self, parameters: AuthorizationParameters, *, received_at: datetime) -> AuthenticationRequest:
        """The authentication request that `parameters` make.

        Raises:
            UntrustedRequest: the client or its redirect_uri is not registered.
            AuthorizationError: another check failed.
        """
        application = known_client(parameters.client_id, self._registry)
        check_redirect_uri(parameters.redirect_uri, application)
        try:
            return self._checked(parameters, application, received_at)
        except RequestError as wrong:
            raise AuthorizationError(
                wrong.error, wrong.description, redirect_uri=parameters.redirect_uri, state=parameters.state
            ) from wrong

    def reload(self, serialized: str, received_at: datetime) -> AuthenticationRequest | None:
        """The request of a pending login, or None when a change of its application forbids it now.

        Only what may have changed meanwhile is checked again.
        """
        members = json.loads(serialized)
        try:
            application = known_client(members["client_id"], self._registry)
            check_redirect_uri(members["redirect_uri"], application)
        except UntrustedRequest:
            return None
        if application.oidc_client.require_pkce and "code_challenge" not in members:
            return None
        return AuthenticationRequest.restored(members, application, received_at)

    def _checked(
        self, parameters: AuthorizationParameters, application: Application, received_at: datetime
    ) -> AuthenticationRequest:
        # 1. the parameters of OAuth 2.0
        check_nothing_unsupported(parameters)
        check_response_type(parameters)
        code_challenge = checked_code_challenge(parameters, application)
        # 2. the scope, which contains openid
        scope = granted_scope(parameters)
        # 3. the parameters of OpenID Connect
        nonce = checked_nonce(parameters)
        prompts = checked_prompts(parameters)
        max_age = checked_max_age(parameters)
        claims = read_claims(parameters.claims)
        self._provider.check(_for_pyop(parameters, scope))
        essential_assurance = checked_essential_assurance(claims)
        # 4. and 5. the person that `claims` and `id_token_hint` name
        expected_subjects = self._expected_subjects(parameters, claims, application)
        return AuthenticationRequest(
            protocol=PROTOCOL,
            received_at=received_at,
            application=application,
            sector=application.oidc_client.sector,
            passive="none" in prompts,
            force_authn="login" in prompts,
            select_account=not prompts.isdisjoint({"select_account", "consent"}),
            max_age=max_age,
            voluntary_assurance=voluntary_assurance(parameters, claims),
            essential_assurance=essential_assurance,
            expected_subjects=expected_subjects,
            login_hint=parameters.login_hint,
            languages=tuple(split_list(parameters.ui_locales)),
            redirect_uri=parameters.redirect_uri,
            scope=scope,
            state=parameters.state,
            nonce=nonce,
            code_challenge=code_challenge,
            id_token_claims=claims.id_token,
            userinfo_claims=claims.userinfo,
        )

    def _expected_subjects(
        self, parameters: AuthorizationParameters, claims: ClaimsRequest, application: Application
    ) -> frozenset[str] | None:
        """The subjects that requested values of `sub` (Core 1.0 section 5.5.1) and the hint agree on."""
        requested = claims.id_token_values("sub")
        if parameters.id_token_hint is None:
            return requested
        hint = read_hint(parameters.id_token_hint, issuer=self._issuer, ring=self._ring())
        if hint is None or hint.client_id != application.client_id:
            raise _invalid("id_token_hint is not an ID token we issued to this client")
        return frozenset({hint.subject}) & (requested or {hint.subject})


def known_client(client_id: str, registry: Registry) -> Application:
    """RFC 6749 section 4.1.2.1: an invalid client is shown to the person, and the browser is not redirected.

    Raises:
        UntrustedRequest: it is missing, unknown or suspended.
    """
    if not client_id:
        raise UntrustedRequest(Fault.CLIENT_MISSING)
    application = registry.by_client_id(client_id)
    if application is None:
        raise UntrustedRequest(Fault.CLIENT_UNKNOWN, received=client_id)
    if application.is_suspended:
        raise UntrustedRequest(Fault.CLIENT_SUSPENDED, received=client_id, home_url=application.home_url)
    return application


def check_redirect_uri(redirect_uri: str, application: Application) -> None:
    """Core 1.0 section 3.1.2.1: exact match (RFC 3986 section 6.2.1, simple string comparison).

    Raises:
        UntrustedRequest: it is missing, or not registered for this application.
    """
    if redirect_uri not in application.oidc_client.redirect_uris:
        raise UntrustedRequest(
            Fault.REDIRECT_URI_UNREGISTERED if redirect_uri else Fault.REDIRECT_URI_MISSING,
            received=redirect_uri,
            registered=application.oidc_client.redirect_uris,
            home_url=application.home_url,
        )


def check_nothing_unsupported(parameters: AuthorizationParameters) -> None:
    """Core 1.0 section 3.1.2.6: a parameter that we do not support is refused, never ignored."""
    if parameters.request is not None:
        raise RequestError(OAuthError.REQUEST_NOT_SUPPORTED, "request objects are not supported")
    if parameters.request_uri is not None:
        raise RequestError(OAuthError.REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported")
    if parameters.registration is not None:
        raise RequestError(OAuthError.REGISTRATION_NOT_SUPPORTED, "the registration parameter is not supported")


def check_response_type(parameters: AuthorizationParameters) -> None:
    """RFC 6749 section 3.1.1, and OAuth 2.0 Multiple Response Types section 2.1 for the mode."""
    if not parameters.response_type:
        raise _invalid("response_type is missing; use response_type=code")
    if parameters.response_type != "code":
        raise RequestError(OAuthError.UNSUPPORTED_RESPONSE_TYPE, "use response_type=code")
    if parameters.response_mode not in (None, "query"):
        raise _invalid("use response_mode=query, or leave it out")


def checked_code_challenge(parameters: AuthorizationParameters, application: Application) -> str | None:
    """RFC 7636 section 4.3: S256 only, and required unless the registration says otherwise."""
    challenge = parameters.code_challenge
    if challenge is None:
        if application.oidc_client.require_pkce:
            raise _invalid("code_challenge is missing; this client must use PKCE with S256")
        if parameters.code_challenge_method is not None:
            raise _invalid("code_challenge_method without code_challenge")
        return None
    if parameters.code_challenge_method != "S256":
        raise _invalid("use code_challenge_method=S256")
    if not _CHALLENGE.match(challenge):
        raise _invalid("code_challenge is not the base64url form of a SHA-256")
    return challenge


def granted_scope(parameters: AuthorizationParameters) -> str:
    """Core 1.0 section 3.1.2.1: `openid` is required; scopes that we do not know are ignored."""
    if not _SCOPES.match(parameters.scope):
        raise RequestError(OAuthError.INVALID_SCOPE, "scope is not a list of names with one space between them")
    requested = dict.fromkeys(split_list(parameters.scope))
    if "openid" not in requested:
        raise RequestError(OAuthError.INVALID_SCOPE, "scope must contain openid")
    return " ".join(scope for scope in requested if scope == "openid" or scope in attribute_release.SCOPES)


def checked_nonce(parameters: AuthorizationParameters) -> str | None:
    """The nonce, which is stored with the code and returned in the ID token."""
    if parameters.nonce is not None and len(parameters.nonce) > LONGEST_NONCE:
        raise _invalid(f"nonce is longer than {LONGEST_NONCE} characters")
    return parameters.nonce


def checked_prompts(parameters: AuthorizationParameters) -> frozenset[str]:
    """Core 1.0 section 3.1.2.1: known values, and `none` alone."""
    prompts = frozenset(split_list(parameters.prompt))
    if unknown := prompts - _PROMPTS:
        raise _invalid(f"prompt has a value we do not know ({len(unknown)} in all)")
    if "none" in prompts and len(prompts) > 1:
        raise _invalid("prompt=none goes with no other value")
    return prompts


def checked_max_age(parameters: AuthorizationParameters) -> timedelta | None:
    """Core 1.0 section 3.1.2.1: a number of seconds."""
    value = parameters.max_age
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise _invalid("max_age must be a whole number of seconds")
    return timedelta(seconds=int(value))


def checked_essential_assurance(claims: ClaimsRequest) -> AssuranceLevel | None:
    """Core 1.0 section 5.5.1.1: the least of the essential values of `acr`, one of which must be met."""
    values = claims.id_token_values("acr")
    if values is None or not claims.is_essential("acr"):
        return None
    level = lowest_level(values)
    if level is None:
        raise RequestError(
            OAuthError.UNMET_AUTHENTICATION_REQUIREMENTS, "none of the essential acr values is known here"
        )
    return level


def voluntary_assurance(parameters: AuthorizationParameters, claims: ClaimsRequest) -> AssuranceLevel | None:
    """Core 1.0 section 5.5.1.1: the least of `acr_values` and of the values of an `acr` that is not essential."""
    claimed = frozenset() if claims.is_essential("acr") else claims.id_token_values("acr") or frozenset()
    return lowest_level([*split_list(parameters.acr_values), *claimed])


def _for_pyop(parameters: AuthorizationParameters, scope: str) -> dict[str, str]:
    """The request without the parameters that pyop reads wrongly, which the checks above have read.

    They are `prompt`, `max_age`, `claims`, the hints and the voluntary parameters
    (docs/decisions/pyop-behind-one-adapter.md).
    """
    message = {
        "client_id": parameters.client_id,
        "redirect_uri": parameters.redirect_uri,
        "response_type": parameters.response_type,
        "scope": scope,
        "state": parameters.state,
        "nonce": parameters.nonce,
        "code_challenge": parameters.code_challenge,
        "code_challenge_method": parameters.code_challenge_method,
    }
    return {name: value for name, value in message.items() if value is not None}


def _invalid(description: str) -> RequestError:
    return RequestError(OAuthError.INVALID_REQUEST, description)
