"""Client authentication: an application proves that it is the registered one.

RFC 6749 section 2.3, OpenID Connect Core 1.0 section 9. `METHODS` has the methods; a registration pins one of them,
or leaves the application free to send its secret in the header or in the form.
"""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import unquote_plus

from idp.oidc.endpoint_request import EndpointRequest
from idp.oidc.errors import OAuthError, TokenError
from relying_parties.policy import ClientAuthentication
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry

LONGEST_CREDENTIALS: Final = 1_024


@dataclass(frozen=True, slots=True)
class AuthenticatedClient:
    """An application that has authenticated; functions that take one rely on it."""

    application: Application


class Credentials(Protocol):
    """The client credentials of a request."""

    @property
    def client_id(self) -> str: ...

    def failure(self, application: Application) -> str | None:
        """Why these are not the credentials of `application`, or None when they are."""
        ...


class ClientAuthenticationMethod(Protocol):
    """A client authentication method."""

    in_body: bool
    """Whether its credentials are in the form: then an error is answered without a challenge (RFC 6749 section 5.2)."""

    def is_used_by(self, request: EndpointRequest) -> bool:
        """Whether the request uses this method."""
        ...

    def credentials(self, request: EndpointRequest) -> Credentials:
        """The credentials of a request that uses this method.

        Raises:
            TokenError: `invalid_client`: they cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client_id with a secret."""

    client_id: str
    secret: str = field(repr=False)

    def failure(self, application: Application) -> str | None:
        return None if application.verify_secret(self.secret) else "wrong client secret"


@dataclass(frozen=True, slots=True)
class ClientIdOnly:
    """A client_id without credentials."""

    client_id: str

    def failure(self, _application: Application) -> str | None:
        return None


class ClientSecretBasic:
    """RFC 7617; RFC 6749 section 2.3.1 form-encodes each part first. The scheme is case-insensitive."""

    in_body = False

    def is_used_by(self, request: EndpointRequest) -> bool:
        return request.authorization is not None

    def credentials(self, request: EndpointRequest) -> ClientSecret:
        scheme, _, encoded = (request.authorization or "").partition(" ")
        if scheme.lower() != "basic":
            raise _invalid_client("the Authorization header must use the Basic scheme")
        if len(encoded) > LONGEST_CREDENTIALS:
            raise _invalid_client("the Authorization header is too long")
        try:
            client_id, separator, secret = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise _invalid_client("the Authorization header is not base64 of client_id:client_secret") from None
        if not separator:
            raise _invalid_client("the Authorization header is not base64 of client_id:client_secret")
        return ClientSecret(unquote_plus(client_id), unquote_plus(secret))


class ClientSecretPost:
    """RFC 6749 section 2.3.1: client_id and client_secret in the form."""

    in_body = True

    def is_used_by(self, request: EndpointRequest) -> bool:
        return "client_secret" in request.form

    def credentials(self, request: EndpointRequest) -> ClientSecret:
        client_id, secret = _client_id(request), request.form["client_secret"]
        if len(secret) > LONGEST_CREDENTIALS:
            raise _invalid_client("the client secret is too long", in_body=True)
        return ClientSecret(client_id, secret)


class PublicClient:
    """RFC 6749 section 3.2.1: a client without credentials sends its client_id."""

    in_body = True

    def is_used_by(self, request: EndpointRequest) -> bool:
        return request.authorization is None and "client_secret" not in request.form

    def credentials(self, request: EndpointRequest) -> ClientIdOnly:
        return ClientIdOnly(_client_id(request))


METHODS: Final[Mapping[ClientAuthentication, ClientAuthenticationMethod]] = {
    ClientAuthentication.BASIC: ClientSecretBasic(),
    ClientAuthentication.POST: ClientSecretPost(),
    ClientAuthentication.NONE: PublicClient(),
}


def authenticate(request: EndpointRequest, *, registry: Registry) -> AuthenticatedClient:
    """The registered application that sent the request.

    Raises:
        TokenError: `invalid_client`, 401 (RFC 6749 section 5.2).
    """
    name, method = _method_used(request)
    credentials = method.credentials(request)
    application = registry.by_client_id(credentials.client_id)
    if application is None or application.is_suspended:
        raise _invalid_client("unknown or suspended client", in_body=method.in_body)
    registered = application.oidc_client.client_authentication
    if not registered.accepts(name):
        raise _invalid_client(f"this client is registered to use {_DESCRIBED[registered]}", in_body=method.in_body)
    if failure := credentials.failure(application):
        raise _invalid_client(failure, in_body=method.in_body)
    if request.form.get("client_id", credentials.client_id) != credentials.client_id:
        raise _invalid_client("client_id differs from the Authorization header")
    return AuthenticatedClient(application)


def claimed_client_id(request: EndpointRequest) -> str:
    """The client_id that a request names, verified or not; empty when none can be read."""
    try:
        method = next(method for method in METHODS.values() if method.is_used_by(request))
        return method.credentials(request).client_id
    except TokenError:
        return ""


def _method_used(request: EndpointRequest) -> tuple[ClientAuthentication, ClientAuthenticationMethod]:
    """RFC 6749 section 2.3: the client MUST NOT use more than one authentication method in each request."""
    used = [(name, method) for name, method in METHODS.items() if method.is_used_by(request)]
    has_unread_assertion = request.authorization is not None and "client_assertion" in request.form
    if len(used) > 1 or has_unread_assertion:
        raise TokenError(OAuthError.INVALID_REQUEST, "more than one client authentication: leave client_secret out")
    return used[0]


_DESCRIBED = {method: str(method) for method in ClientAuthentication} | {
    ClientAuthentication.SECRET: f"its secret, by {ClientAuthentication.BASIC} or {ClientAuthentication.POST}"
}


def _client_id(request: EndpointRequest) -> str:
    client_id = request.form.get("client_id", "")
    if not client_id:
        raise _invalid_client("no client authentication: neither an Authorization header nor client_id")
    return client_id


def _invalid_client(description: str, *, in_body: bool = False) -> TokenError:
    return TokenError(OAuthError.INVALID_CLIENT, description, status=401, in_body=in_body)
