"""The authorization code grant: a code is exchanged for an ID token and an access token.

RFC 6749 section 4.1.3, RFC 7636 section 4.6, OpenID Connect Core 1.0 section 3.1.3.
"""

import re
from datetime import UTC, datetime
from typing import Any, Final

from config.audit.trail import Audit, AuditEntry
from idp.audit_kinds import IdpAuditKind
from idp.login.requirements import may_enter, present_factors
from idp.oidc.client_authentication import AuthenticatedClient
from idp.oidc.endpoint_request import EndpointRequest
from idp.oidc.errors import OAuthError, RequestError, TokenError
from idp.oidc.grant_store import AuthorizationCode, GrantStore, ReplayedCode
from idp.oidc.pyop.adapter import OidcProvider
from idp.oidc.vocabulary import PROTOCOL
from idp.sessions.participation import Participation
from idp.sessions.session import Sessions
from relying_parties.policy import CardRemoval
from relying_parties.registry.application import Application

_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")  # RFC 7636 section 4.1


class AuthorizationCodeGrant:
    """Exchanges codes. Its steps follow RFC 6749 section 4.1.3 in order."""

    grant_type = "authorization_code"

    def __init__(self, *, provider: OidcProvider, grants: GrantStore, sessions: Sessions, audit: Audit) -> None:
        self._provider = provider
        self._grants = grants
        self._sessions = sessions
        self._audit = audit

    def respond(self, request: EndpointRequest, client: AuthenticatedClient) -> dict[str, Any]:
        """The token response, Core 1.0 section 3.1.3.3.

        Raises:
            TokenError
        """
        code = self._redeem(request.required("code"), client, request)
        request.required("redirect_uri")
        check_verifier(request.form.get("code_verifier"), code)
        return self._exchange(request, code, client)

    def _redeem(self, value: str, client: AuthenticatedClient, request: EndpointRequest) -> AuthorizationCode:
        """RFC 6749 section 4.1.2: a code is good once; a second use revokes the token that the first one obtained."""
        client_id = client.application.client_id
        redeemed = self._grants.redeem(value, by=client_id)
        match redeemed:
            case AuthorizationCode():
                return redeemed
            case ReplayedCode(is_first=True):
                self._record_replay(value, redeemed, client_id, request.client_address)
        raise TokenError(
            OAuthError.INVALID_GRANT,
            "the code is unknown, expired, used before, or another client's",
            is_audited=isinstance(redeemed, ReplayedCode),
        )

    def _record_replay(self, code: str, replayed: ReplayedCode, client_id: str, address: str) -> None:
        """One durable line, however often the code comes back."""
        entry = AuditEntry(
            kind=IdpAuditKind.CODE_REPLAYED,
            account=replayed.account_id,
            application=client_id,
            session=replayed.sid,
            address=address,
        )
        try:
            self._audit.record_durably(entry)
        except Exception:  # whatever it was, the line is still owed
            self._grants.forget_replay(code)
            raise

    def _exchange(
        self, request: EndpointRequest, code: AuthorizationCode, client: AuthenticatedClient
    ) -> dict[str, Any]:
        grant, application = code.grant, client.application
        snapshot = self._sessions.snapshot(
            grant.account_id, since=datetime.fromtimestamp(grant.account_valid_from, UTC)
        )
        if snapshot is None or not may_enter(snapshot, application, datetime.now(UTC)):
            raise TokenError(OAuthError.INVALID_GRANT, "the account behind the code has changed since")
        if application.card_removal is CardRemoval.END_SESSION and self._was_card_pulled(grant.sid, application):
            raise TokenError(OAuthError.INVALID_GRANT, "the card was pulled since")
        participation = Participation(
            identifier=application.client_id,
            protocol=PROTOCOL,
            first_used=datetime.now(UTC),
            detail={"sub": grant.subject, "sid": code.authentication["sid"]},
        )
        try:
            return self._provider.exchange(
                request.form,
                code,
                application=application,
                snapshot=snapshot,
                issue=lambda: self._grants.issue_access_token(
                    grant, together_with=self._sessions.participation(grant.sid, participation)
                ),
                lifetime=self._grants.access_token_lifetime,
            )
        except RequestError as wrong:
            received = request.form["redirect_uri"]
            if received == code.redirect_uri:
                raise TokenError(wrong.error, wrong.description) from wrong
            raise TokenError(
                wrong.error, wrong.description, received=received, expected=(code.redirect_uri,)
            ) from wrong

    def _was_card_pulled(self, sid: str, application: Application) -> bool:
        session = self._sessions.by_sid(sid)
        return session is not None and present_factors(session, application) is None


def check_verifier(verifier: str | None, code: AuthorizationCode) -> None:
    """RFC 7636 section 4.1 for its form; RFC 9700 section 4.8.2: none without a challenge (PKCE downgrade).

    Raises:
        TokenError: `invalid_grant`.
    """
    if code.code_challenge is None:
        if verifier is not None:
            raise TokenError(
                OAuthError.INVALID_GRANT, "code_verifier for a code that was requested without code_challenge"
            )
        return
    if verifier is None:
        raise TokenError(OAuthError.INVALID_GRANT, "code_verifier is missing")
    if not _VERIFIER.match(verifier):
        raise TokenError(
            OAuthError.INVALID_GRANT, "code_verifier must be 43 to 128 letters, digits, '-', '.', '_' or '~'"
        )
