"""The protocol's error codes, and the three ways an error is sent.

    TokenError            to an application's server, as JSON (RFC 6749 section 5.2)
    AuthorizationError    to the verified redirect_uri, as parameters (section 4.1.2.1)
    UntrustedRequest      to the person, as a page (idp/web/untrusted_request.py), with a `Fault`

A check that does not know which of them applies raises `RequestError`, and its caller chooses.
`description` is sent to the application's developer; `received` and `expected` are kept in the
fault record only, where an operator finds them by the reference.
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
    """A request that OpenID Connect refuses."""


class RequestError(OidcError):
    """A request breaks a rule of the protocol. `description` never repeats a value that was sent."""

    def __init__(self, error: OAuthError, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


class TokenError(OidcError):
    """An error that an application's server receives as JSON.

    `attempted`: the request had a credential. `in_body`: the credential was in the body, and then the answer has no
    challenge: RFC 6749 section 5.2 requires one for the Authorization header alone, and some software that receives
    a challenge does not read the body. `description` is the same for the same cause, and never repeats a value that
    was sent.
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
        self.is_audited = is_audited  # the audit trail has a line about it already


class AuthorizationError(OidcError):
    """An error that the browser takes back to the verified redirect_uri."""

    def __init__(self, error: OAuthError, description: str, *, redirect_uri: str, state: str | None) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.redirect_uri = redirect_uri
        self.state = state


class Fault(StrEnum):
    """Why a request has no trusted address to answer to; stable words that support and developers can quote."""

    CLIENT_MISSING = "client.missing"
    CLIENT_UNKNOWN = "client.unknown"
    CLIENT_SUSPENDED = "client.suspended"
    REDIRECT_URI_MISSING = "redirect_uri.missing"
    REDIRECT_URI_UNREGISTERED = "redirect_uri.unregistered"
    POST_LOGOUT_REDIRECT_URI_UNREGISTERED = "post_logout_redirect_uri.unregistered"
    PARAMETER_REPEATED = "parameter.repeated"
    REQUEST_TOO_LARGE = "request.too-large"
    REQUEST_MALFORMED = "request.malformed"
