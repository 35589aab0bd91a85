"""The protocol's words for a refusal, and the three ways one leaves.

    Refused               to an application's server, as JSON (RFC 6749 section 5.2)
    RefusedAtClient       to the verified redirect_uri, as parameters (section 4.1.2.1)
    Unverified            to nobody's address: a page of ours (idp/web/untrusted_request.py), with a `Fault`

`description` is written for the application's developer and leaves; `received`
and `expected` go to the fault record only, to be read by its reference.
"""

from enum import StrEnum


class OAuthError(StrEnum):
    """RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750 section 3.1, OpenID Connect Core section 3.1.2.6."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_GRANT = "invalid_grant"
    INVALID_SCOPE = "invalid_scope"
    INVALID_TOKEN = "invalid_token"  # noqa: S105 - a wire word
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    UNSUPPORTED_RESPONSE_TYPE = "unsupported_response_type"
    ACCESS_DENIED = "access_denied"
    SERVER_ERROR = "server_error"
    LOGIN_REQUIRED = "login_required"
    INTERACTION_REQUIRED = "interaction_required"
    ACCOUNT_SELECTION_REQUIRED = "account_selection_required"
    REQUEST_NOT_SUPPORTED = "request_not_supported"
    REQUEST_URI_NOT_SUPPORTED = "request_uri_not_supported"
    REGISTRATION_NOT_SUPPORTED = "registration_not_supported"
    UNMET_AUTHENTICATION_REQUIREMENTS = "unmet_authentication_requirements"


class OidcError(Exception):
    """Anything that is refused while speaking OpenID Connect."""


class TokenError(OidcError):
    """An application's server is told, as JSON. `attempted`: whether it showed any credential at all.

    `in_body`: the credentials came in the body. No challenge then answers them (RFC 6749 section 5.2 wants one for
    those of the Authorization header alone): software that sees one reads nothing of what the body says.
    `description` is a sentence of ours, the same for the same cause, and repeats nothing that was sent.
    """

    def __init__(
        self,
        error: OAuthError,
        description: str,
        *,
        status: int = 400,
        attempted: bool = True,
        in_body: bool = False,
        received: str = "",
        expected: tuple[str, ...] = (),
        is_audited: bool = False,
    ) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
        self.attempted = attempted
        self.in_body = in_body
        self.received = received
        self.expected = expected
        self.is_audited = is_audited  # the trail has a line of this already


class AuthorizationError(OidcError):
    """The browser goes back to the verified redirect_uri with the reason."""

    def __init__(self, error: OAuthError, description: str, *, redirect_uri: str, state: str | None) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.redirect_uri = redirect_uri
        self.state = state


class Fault(StrEnum):
    """Why no address could be trusted; stable words that support and developers can quote."""

    CLIENT_MISSING = "client.missing"
    CLIENT_UNKNOWN = "client.unknown"
    CLIENT_SUSPENDED = "client.suspended"
    REDIRECT_URI_MISSING = "redirect_uri.missing"
    REDIRECT_URI_UNREGISTERED = "redirect_uri.unregistered"
    POST_LOGOUT_REDIRECT_URI_UNREGISTERED = "post_logout_redirect_uri.unregistered"
    PARAMETER_REPEATED = "parameter.repeated"
    REQUEST_TOO_LARGE = "request.too-large"
    REQUEST_MALFORMED = "request.malformed"
