"""An application proves at the token endpoint that it is the registered one.

RFC 6749 section 2.3.1: `client_secret_basic` and `client_secret_post`, either of
them unless the registration pins one; a public client names itself (section 3.2.1).
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

from idp.oidc.errors import OAuthError, TokenError
from relying_parties.registry.application import Application
from relying_parties.registry.policy import ClientAuthentication
from relying_parties.registry.registry import Registry

LONGEST_CREDENTIALS = 1_024


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """An application that has authenticated; functions that take one rely on it."""

    application: Application


@dataclass(frozen=True, slots=True)
class _Credentials:
    client_id: str
    secret: str | None
    method: ClientAuthentication


def authenticate(
    parameters: Mapping[str, str], authorization: str | None, *, registry: Registry
) -> AuthenticatedClient:
    """The registered application these credentials are for.

    Raises:
        Refused: `invalid_client`, 401 (section 5.2).
    """
    if authorization is not None:
        _check_only_header(parameters)
    credentials = _from_header(authorization) if authorization is not None else _from_form(parameters)
    in_body = authorization is None
    application = registry.by_client_id(credentials.client_id)
    if application is None or application.is_suspended:
        raise _refused("unknown or suspended client", in_body=in_body)
    if not application.oidc_client.client_authentication.accepts(credentials.method):
        described = _DESCRIBED[application.oidc_client.client_authentication]
        raise _refused(f"this client is registered to use {described}", in_body=in_body)
    if credentials.secret is not None and not application.verify_secret(credentials.secret):
        raise _refused("wrong client secret", in_body=in_body)
    if parameters.get("client_id", credentials.client_id) != credentials.client_id:
        raise _refused("client_id differs from the Authorization header")
    return AuthenticatedClient(application)


def claimed_client_id(parameters: Mapping[str, str], authorization: str | None) -> str:
    """The client_id that a request names, which proves nothing; empty when none can be read."""
    try:
        return (_from_header(authorization) if authorization is not None else _from_form(parameters)).client_id
    except TokenError:
        return ""


def _check_only_header(parameters: Mapping[str, str]) -> None:
    """Section 2.3: the client MUST NOT use more than one authentication method; section 5.2 has the word."""
    if "client_secret" in parameters or "client_assertion" in parameters:
        raise TokenError(OAuthError.INVALID_REQUEST, "more than one client authentication: leave client_secret out")


_DESCRIBED = {method: str(method) for method in ClientAuthentication} | {
    ClientAuthentication.SECRET: f"its secret, by {ClientAuthentication.BASIC} or {ClientAuthentication.POST}"
}


def _refused(description: str, *, in_body: bool = False) -> TokenError:
    return TokenError(OAuthError.INVALID_CLIENT, description, status=401, in_body=in_body)


def _from_header(authorization: str) -> _Credentials:
    """RFC 7617, with each part form-encoded first (RFC 6749 section 2.3.1). The scheme is case-insensitive."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise _refused("the Authorization header must use the Basic scheme")
    if len(encoded) > LONGEST_CREDENTIALS:
        raise _refused("the Authorization header is too long")
    try:
        client_id, separator, secret = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _refused("the Authorization header is not base64 of client_id:client_secret") from None
    if not separator:
        raise _refused("the Authorization header is not base64 of client_id:client_secret")
    return _Credentials(unquote_plus(client_id), unquote_plus(secret), ClientAuthentication.BASIC)


def _from_form(parameters: Mapping[str, str]) -> _Credentials:
    client_id = parameters.get("client_id", "")
    if not client_id:
        raise _refused("no client authentication: neither an Authorization header nor client_id")
    secret = parameters.get("client_secret")
    if secret is None:
        return _Credentials(client_id, None, ClientAuthentication.NONE)
    if len(secret) > LONGEST_CREDENTIALS:
        raise _refused("the client secret is too long", in_body=True)
    return _Credentials(client_id, secret, ClientAuthentication.POST)
