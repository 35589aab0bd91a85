"""An authentication request: read from a query, and verified step by step.

OpenID Connect Core 1.0 section 3.1.2.1, RFC 6749 section 4.1.1, RFC 7636 section 4.3.
Before the client and its redirect_uri are verified a fault is a page of ours
(`UntrustedRequest`); after, it goes back to that address (`AuthorizationError`). What pyop
reads wrongly is read here: docs/decisions/pyop-behind-one-adapter.md.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from config.strict_parsing import InvalidJson, parse_json_object
from idp import attribute_release
from idp.keys.signing_keys import KeyRing
from idp.login.request import LoginRequest
from idp.oidc.errors import AuthorizationError, Fault, OAuthError
from idp.oidc.id_token import read_hint
from idp.oidc.pyop.adapter import OidcProvider, ParsedRequest, ProviderRefusal
from idp.oidc.vocabulary import PROTOCOL
from idp.sessions.acr import lowest_named
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application
from relying_parties.registry.policy import AssuranceLevel
from relying_parties.registry.registry import Registry

LONGEST_QUERY = 8_192  # of which `state` may be all that is left: it is given back whole, in refusals too
MOST_PARAMETERS = 50
LONGEST_NONCE = 512
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")  # RFC 7636 section 4.2: base64url of 32 bytes
_SCOPES = re.compile(r"[\x20\x21\x23-\x5B\x5D-\x7E]*\Z")  # RFC 6749 section 3.3: scope-token, and the space between
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_READ_BY_US = frozenset(
    {"id_token_hint", "prompt", "max_age", "login_hint", "ui_locales", "acr_values", "display", "claims"}
)

Refuse = Callable[[OAuthError, str], AuthorizationError]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequest(LoginRequest):
    """A LoginRequest as OpenID Connect says it."""

    application: Application
    parsed: ParsedRequest
    redirect_uri: str
    state: str | None
    nonce: str | None
    scope: str
    code_challenge: str | None
    claims: Mapping[str, Any]


class RequestReader:
    """Reads authentication requests: its steps follow Core 1.0 section 3.1.2.2 in order."""

    def __init__(self, *, issuer: str, provider: OidcProvider, registry: Registry, ring: Callable[[], KeyRing]) -> None:
        self._issuer = issuer
        self._provider = provider
        self._registry = registry
        self._ring = ring

    def read(self, query: str, received_at: datetime) -> AuthenticationRequest:
        """An authentication request, verified step by step.

        Raises:
            Unverified: the address to answer to cannot be trusted.
            RefusedAtClient: anything else that is wrong.
        """
        parameters = _parameters(query)
        application = self._known_client(parameters)
        redirect_uri = _registered_redirect_uri(parameters, application)

        def refuse(error: OAuthError, description: str) -> AuthorizationError:
            return AuthorizationError(error, description, redirect_uri=redirect_uri, state=parameters.get("state"))

        _check_bounds(parameters, refuse)
        _check_nothing_unsupported(parameters, refuse)
        code_challenge = _code_challenge(parameters, application, refuse)
        prompts = _prompts(parameters, refuse)
        max_age = _max_age(parameters, refuse)
        claims = _claims(parameters, refuse)
        scope = _scope(parameters, refuse)
        try:
            parsed = self._provider.read(_for_pyop(parameters, scope))
        except ProviderRefusal as refused:
            raise refuse(refused.error, refused.description) from refused
        return AuthenticationRequest(
            protocol=PROTOCOL,
            message=query,
            received_at=received_at,
            application=application,
            sector=application.oidc_client.sector,
            passive="none" in prompts,
            force_authn="login" in prompts,
            select_account=not prompts.isdisjoint({"select_account", "consent"}),
            max_age=max_age,
            wished_assurance=lowest_named(_spaced(parameters.get("acr_values"))),
            essential_assurance=_essential_assurance(claims, refuse),
            expected_subjects=self._expected_subjects(parameters, claims, application, refuse),
            login_hint=parameters.get("login_hint", ""),
            languages=tuple(_spaced(parameters.get("ui_locales"))),
            parsed=parsed,
            redirect_uri=redirect_uri,
            state=parameters.get("state"),
            nonce=parameters.get("nonce"),
            scope=scope,
            code_challenge=code_challenge,
            claims=claims,
        )

    def _known_client(self, parameters: Mapping[str, str]) -> Application:
        """RFC 6749 section 4.1.2.1: an invalid client is told to the person, not redirected."""
        client_id = parameters.get("client_id", "")
        if not client_id:
            raise UntrustedRequest(Fault.CLIENT_MISSING)
        application = self._registry.by_client_id(client_id)
        if application is None:
            raise UntrustedRequest(Fault.CLIENT_UNKNOWN, received=client_id)
        if application.is_suspended:
            raise UntrustedRequest(Fault.CLIENT_SUSPENDED, received=client_id, home_url=application.home_url)
        return application

    def _expected_subjects(
        self,
        parameters: Mapping[str, str],
        claims: Mapping[str, Any],
        application: Application,
        refuse: Refuse,
    ) -> frozenset[str] | None:
        """Core 1.0: `id_token_hint` (3.1.2.1) and requested values of `sub` (5.5.1); of both, what they agree on."""
        requested = _requested_values(claims, "sub", refuse)
        hint = parameters.get("id_token_hint")
        if hint is None:
            return requested
        read = read_hint(hint, issuer=self._issuer, ring=self._ring())
        if read is None or read.client_id != application.client_id:
            raise refuse(OAuthError.INVALID_REQUEST, "id_token_hint is not an ID token we issued to this client")
        return frozenset({read.subject}) & (requested or {read.subject})


def _parameters(query: str) -> dict[str, str]:
    """RFC 6749 section 3.1: no parameter twice, an empty one is as if left out."""
    if len(query) > LONGEST_QUERY:
        raise UntrustedRequest(Fault.REQUEST_TOO_LARGE)
    try:
        pairs = parse_qsl(query, max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError as broken:
        raise UntrustedRequest(Fault.REQUEST_MALFORMED) from broken  # not UTF-8, or too many parameters
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise UntrustedRequest(Fault.PARAMETER_REPEATED)
    return parameters


def _registered_redirect_uri(parameters: Mapping[str, str], application: Application) -> str:
    """Core 1.0 section 3.1.2.1: exact match (RFC 3986 section 6.2.1, simple string comparison)."""
    redirect_uri = parameters.get("redirect_uri", "")
    if redirect_uri not in application.oidc_client.redirect_uris:
        raise UntrustedRequest(
            Fault.REDIRECT_URI_UNREGISTERED if redirect_uri else Fault.REDIRECT_URI_MISSING,
            received=redirect_uri,
            registered=application.oidc_client.redirect_uris,
            home_url=application.home_url,
        )
    return redirect_uri


def _check_bounds(parameters: Mapping[str, str], refuse: Refuse) -> None:
    if len(parameters.get("nonce", "")) > LONGEST_NONCE:
        raise refuse(OAuthError.INVALID_REQUEST, f"nonce is longer than {LONGEST_NONCE} characters")


def _check_nothing_unsupported(parameters: Mapping[str, str], refuse: Refuse) -> None:
    """Core 1.0 section 3.1.2.6: what we do not do is said, never ignored."""
    if "request" in parameters:
        raise refuse(OAuthError.REQUEST_NOT_SUPPORTED, "request objects are not supported")
    if "request_uri" in parameters:
        raise refuse(OAuthError.REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported")
    if "registration" in parameters:
        raise refuse(OAuthError.REGISTRATION_NOT_SUPPORTED, "the registration parameter is not supported")
    if parameters.get("response_type", "") != "code":
        if "response_type" not in parameters:
            raise refuse(OAuthError.INVALID_REQUEST, "response_type is missing; use response_type=code")
        raise refuse(OAuthError.UNSUPPORTED_RESPONSE_TYPE, "use response_type=code")
    if parameters.get("response_mode", "query") != "query":
        raise refuse(OAuthError.INVALID_REQUEST, "use response_mode=query, or leave it out")


def _code_challenge(parameters: Mapping[str, str], application: Application, refuse: Refuse) -> str | None:
    """RFC 7636 section 4.3; S256 only, and required unless the registration says otherwise."""
    challenge = parameters.get("code_challenge")
    if challenge is None:
        if application.oidc_client.require_pkce:
            raise refuse(OAuthError.INVALID_REQUEST, "code_challenge is missing; this client must use PKCE with S256")
        if "code_challenge_method" in parameters:
            raise refuse(OAuthError.INVALID_REQUEST, "code_challenge_method without code_challenge")
        return None
    if parameters.get("code_challenge_method") != "S256":
        raise refuse(OAuthError.INVALID_REQUEST, "use code_challenge_method=S256")
    if not _CHALLENGE.match(challenge):
        raise refuse(OAuthError.INVALID_REQUEST, "code_challenge is not the base64url form of a SHA-256")
    return challenge


def _prompts(parameters: Mapping[str, str], refuse: Refuse) -> frozenset[str]:
    prompts = frozenset(_spaced(parameters.get("prompt")))
    if unknown := prompts - _PROMPTS:
        raise refuse(OAuthError.INVALID_REQUEST, f"prompt has a value we do not know ({len(unknown)} in all)")
    if "none" in prompts and len(prompts) > 1:
        raise refuse(OAuthError.INVALID_REQUEST, "prompt=none goes with no other value")
    return prompts


def _max_age(parameters: Mapping[str, str], refuse: Refuse) -> timedelta | None:
    value = parameters.get("max_age")
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= 9):
        raise refuse(OAuthError.INVALID_REQUEST, "max_age must be a whole number of seconds")
    return timedelta(seconds=int(value))


def _scope(parameters: Mapping[str, str], refuse: Refuse) -> str:
    """Core 1.0 section 3.1.2.1: `openid` is required, what we do not know is ignored."""
    if not _SCOPES.match(parameters.get("scope", "")):
        raise refuse(OAuthError.INVALID_SCOPE, "scope is not a list of names with one space between them")
    asked = dict.fromkeys(_spaced(parameters.get("scope")))
    if "openid" not in asked:
        raise refuse(OAuthError.INVALID_SCOPE, "scope must contain openid")
    return " ".join(scope for scope in asked if scope == "openid" or scope in attribute_release.SCOPES)


def _claims(parameters: Mapping[str, str], refuse: Refuse) -> dict[str, Any]:
    """Core 1.0 section 5.5: an object of two objects, whose members are null or objects."""
    text = parameters.get("claims")
    if text is None:
        return {}
    try:
        claims = parse_json_object(text)
    except InvalidJson as wrong:
        raise refuse(OAuthError.INVALID_REQUEST, f"claims cannot be read: {wrong}") from None
    if not all(_is_claims_member(claims.get(part, {})) for part in _CLAIMS_PARTS):
        raise refuse(OAuthError.INVALID_REQUEST, "claims is not the JSON object that Core 1.0 section 5.5 describes")
    return {part: claims[part] for part in _CLAIMS_PARTS if part in claims}


_CLAIMS_PARTS = ("id_token", "userinfo")


def _is_claims_member(part: object) -> bool:
    return isinstance(part, dict) and all(value is None or isinstance(value, dict) for value in part.values())


def _essential_assurance(claims: Mapping[str, Any], refuse: Refuse) -> AssuranceLevel | None:
    """Core 1.0 section 5.5.1.1: essential values of `acr` must be met, or the request fails; without any, all do."""
    values = _requested_values(claims, "acr", refuse)
    if values is None or not (claims["id_token"]["acr"] or {}).get("essential"):
        return None
    named = lowest_named(values)
    if named is None:
        raise refuse(OAuthError.UNMET_AUTHENTICATION_REQUIREMENTS, "none of the essential acr values is known here")
    return named


def _requested_values(claims: Mapping[str, Any], claim: str, refuse: Refuse) -> frozenset[str] | None:
    """Core 1.0 section 5.5.1: what `value` or `values` ask that a claim of the ID token be; None for whatever it is."""
    wanted = claims.get("id_token", {}).get(claim) or {}
    value, values = wanted.get("value"), wanted.get("values")
    if value is None and values is None:
        return None
    requested = [value] if values is None else values
    if not isinstance(requested, list) or not requested or not all(isinstance(each, str) for each in requested):
        raise refuse(
            OAuthError.INVALID_REQUEST, f"value or values of {claim} in claims must be a text, or a list of them"
        )
    if value is not None and value not in requested:
        raise refuse(OAuthError.INVALID_REQUEST, f"value and values of {claim} in claims contradict each other")
    return frozenset(requested if value is None else [value])


def _spaced(value: str | None) -> list[str]:
    """The members of a list that spaces divide, and nothing else (RFC 6749 section 3.3)."""
    return [member for member in (value or "").split(" ") if member]


def _for_pyop(parameters: Mapping[str, str], scope: str) -> Mapping[str, str]:
    """The request less what pyop reads wrongly and we have read ourselves."""
    return {name: value for name, value in parameters.items() if name not in _READ_BY_US} | {"scope": scope}
