"""OpenID Connect as a login protocol: authentication responses and error responses.

OpenID Connect Core 1.0 sections 3.1.2.5 and 3.1.2.6, RFC 6749 section 4.1.2, RFC 9207. Requests are read in
`checks.py`.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from idp.login.request import LoginRequest, Refusal, SignIn
from idp.oidc.authorization.checks import RequestReader
from idp.oidc.authorization.parameters import AuthorizationParameters
from idp.oidc.authorization.request import AuthenticationRequest
from idp.oidc.errors import AuthorizationError, OAuthError
from idp.oidc.grant_store import AuthorizationCode, Grant, GrantStore
from idp.oidc.pyop.adapter import OidcProvider
from idp.oidc.vocabulary import PROTOCOL
from idp.sessions.acr import CLASS
from idp.sessions.session import Session, Sessions
from idp.web.protocol_response import ProtocolResponse, Redirect


class OidcProtocol:
    """OpenID Connect as a login protocol (idp/login/request.py)."""

    name = PROTOCOL

    def __init__(
        self, *, issuer: str, reader: RequestReader, provider: OidcProvider, grants: GrantStore, sessions: Sessions
    ) -> None:
        self._issuer = issuer
        self._reader = reader
        self._provider = provider
        self._grants = grants
        self._sessions = sessions

    def read(self, query: str, received_at: datetime) -> AuthenticationRequest:
        """The authentication request that a query makes.

        Raises:
            UntrustedRequest: the client or its redirect_uri is not registered.
            AuthorizationError: another check failed.
        """
        return self._reader.read(AuthorizationParameters.from_query(query), received_at=received_at)

    def reload(self, serialized: str, received_at: datetime) -> AuthenticationRequest | None:
        """The request of a pending login; None when a change of its application forbids it now."""
        return self._reader.reload(serialized, received_at)

    def answer(self, request: LoginRequest, sign_in: SignIn) -> ProtocolResponse | None:
        """A redirect with the authentication response, Core 1.0 section 3.1.2.5; None when the session has ended."""
        assert isinstance(request, AuthenticationRequest)  # noqa: S101 - what `read` gave
        session = sign_in.session
        authentication = sign_in.authentication
        code = AuthorizationCode(
            grant=Grant(
                identifier=secrets.token_urlsafe(18),
                client_id=request.application.client_id,
                account_id=session.account_id,
                sid=session.sid,
                subject=sign_in.subject,
                scope=request.scope,
                account_valid_from=session.account_valid_from.timestamp(),
                userinfo_claims=request.userinfo_claims,
            ),
            redirect_uri=request.redirect_uri,
            code_challenge=request.code_challenge,
            nonce=request.nonce,
            id_token_claims=request.id_token_claims,
            authentication={
                "auth_time": int(authentication.at.timestamp()),
                "acr": CLASS[authentication.assurance],
                "amr": list(authentication.amr),
                "sid": sign_in.session_name,
            },
        )
        response = self._provider.authorize(
            client_id=request.application.client_id,
            redirect_uri=request.redirect_uri,
            state=request.state,
            subject=sign_in.subject,
            issue=lambda: self._grants.issue_code(code, together_with=[self._sessions.activity(session)]),
        )
        return None if response is None else Redirect(url=_with_parameters(request.redirect_uri, response))

    def session_name(self, request: LoginRequest, session: Session) -> str:
        """The `sid` of the ID token; each client has its own, so that a `sid` does not link pairwise subjects."""
        assert isinstance(request, AuthenticationRequest)  # noqa: S101
        return session.known_as(request.application.client_id)

    def revoke(self, _request: LoginRequest) -> None:
        """Nothing to revoke: the code is not sent, and the application may send the same request again."""

    def refuse(self, request: LoginRequest, refusal: Refusal) -> ProtocolResponse:
        """A redirect with the error response, Core 1.0 section 3.1.2.6."""
        assert isinstance(request, AuthenticationRequest)  # noqa: S101
        error, description = REFUSALS[refusal]
        refused = AuthorizationError(error, description, redirect_uri=request.redirect_uri, state=request.state)
        return Redirect(url=self.error_url(refused))

    def error_url(self, refused: AuthorizationError) -> str:
        """Where the browser takes an error: RFC 6749 section 4.1.2.1, with `iss` (RFC 9207 section 2)."""
        response = {"error": refused.error.value, "error_description": refused.description}
        if refused.state is not None:
            response["state"] = refused.state
        response["iss"] = self._issuer
        return _with_parameters(refused.redirect_uri, response)


REFUSALS: Mapping[Refusal, tuple[OAuthError, str]] = {
    Refusal.LOGIN_REQUIRED: (OAuthError.LOGIN_REQUIRED, "the person must log in, which prompt=none forbids"),
    Refusal.CHOICE_REQUIRED: (
        OAuthError.ACCOUNT_SELECTION_REQUIRED,
        "the person must confirm their identity, which prompt=none forbids",
    ),
    Refusal.INTERACTION_REQUIRED: (
        OAuthError.INTERACTION_REQUIRED,
        "the person must change the password first, which prompt=none forbids",
    ),
    Refusal.ENTRY_REFUSED: (OAuthError.ACCESS_DENIED, "the person is not entitled to this application"),
    Refusal.ASSURANCE_UNREACHABLE: (
        OAuthError.UNMET_AUTHENTICATION_REQUIREMENTS,
        "no enabled login method reaches the assurance required",
    ),
}


def _with_parameters(redirect_uri: str, response: Mapping[str, str]) -> str:
    """RFC 6749 section 4.1.2: the response is added to the query of redirect_uri, if it has one."""
    return f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(response)}"
