"""The token endpoint: a code is exchanged for an ID token and an access token.

RFC 6749 section 4.1.3, RFC 7636 section 4.6, OpenID Connect Core 1.0 section 3.1.3.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from config.audit.trail import Audit, AuditEntry, AuditKind
from idp.login.requirements import may_enter
from idp.oidc.client_authentication import AuthenticatedClient, authenticate
from idp.oidc.errors import OAuthError, RequestError, TokenError
from idp.oidc.grant_store import AuthorizationCode, GrantStore, ReplayedCode
from idp.oidc.pyop.adapter import OidcProvider
from idp.oidc.token_failures import TokenFailures
from idp.oidc.vocabulary import PROTOCOL
from idp.sessions.session import Participation, Sessions
from relying_parties.registry.registry import Registry

LONGEST_BODY = 8_192
MOST_PARAMETERS = 20
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")  # RFC 7636 section 4.1


class TokenEndpoint:
    """Exchanges codes. Its steps follow RFC 6749 section 4.1.3 in order."""

    def __init__(
        self,
        *,
        provider: OidcProvider,
        registry: Registry,
        grants: GrantStore,
        sessions: Sessions,
        audit: Audit,
        failures: TokenFailures,
    ) -> None:
        self._provider = provider
        self._registry = registry
        self._grants = grants
        self._sessions = sessions
        self._audit = audit
        self._failures = failures

    def respond(self, body: bytes, authorization: str | None, *, content_type: str, address: str) -> dict[str, Any]:
        """The token response for a form-encoded request.

        Raises:
            Refused: RFC 6749 section 5.2; it has been reported.
        """
        parameters: dict[str, str] = {}
        client: AuthenticatedClient | None = None
        try:
            parameters = _parameters(body, content_type)
            client = authenticate(parameters, authorization, registry=self._registry)
            return self._answer(parameters, client, address)
        except TokenError as refused:
            self._failures.report(
                refused, parameters=parameters, authorization=authorization, client=client, address=address
            )
            raise

    def _answer(self, parameters: Mapping[str, str], client: AuthenticatedClient, address: str) -> dict[str, Any]:
        _check_grant_type(parameters)
        code = self._redeem(_required(parameters, "code"), client, address)
        _required(parameters, "redirect_uri")
        _check_verifier(parameters, code)
        return self._exchange(parameters, code, client)

    def _redeem(self, value: str, client: AuthenticatedClient, address: str) -> AuthorizationCode:
        """RFC 6749 section 4.1.2: a code is good once; a second use revokes what the first one was given."""
        client_id = client.application.client_id
        redeemed = self._grants.redeem(value, by=client_id)
        match redeemed:
            case AuthorizationCode():
                return redeemed
            case ReplayedCode(is_first=True):
                self._report_replay(value, redeemed, client_id, address)
        raise TokenError(
            OAuthError.INVALID_GRANT,
            "the code is unknown, expired, used before, or another client's",
            is_audited=isinstance(redeemed, ReplayedCode),
        )

    def _report_replay(self, code: str, replayed: ReplayedCode, client_id: str, address: str) -> None:
        """One durable line, however often the code comes back."""
        entry = AuditEntry(
            kind=AuditKind.CODE_REPLAYED,
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
        self, parameters: Mapping[str, str], code: AuthorizationCode, client: AuthenticatedClient
    ) -> dict[str, Any]:
        grant, application = code.grant, client.application
        snapshot = self._sessions.snapshot(
            grant.account_id, since=datetime.fromtimestamp(grant.account_valid_from, UTC)
        )
        if snapshot is None or not may_enter(snapshot, application):
            raise TokenError(OAuthError.INVALID_GRANT, "the account behind the code has changed since")
        participation = Participation(
            identifier=application.client_id,
            protocol=PROTOCOL,
            first_used=datetime.now(UTC),
            detail={"sub": grant.subject, "sid": code.authentication["sid"]},
        )
        try:
            return self._provider.exchange(
                parameters,
                code,
                application=application,
                snapshot=snapshot,
                issue=lambda: self._grants.issue_access_token(
                    grant, together_with=self._sessions.participation(grant.sid, participation)
                ),
                lifetime=self._grants.access_token_lifetime,
            )
        except RequestError as refused:
            received = parameters["redirect_uri"]
            if received == code.redirect_uri:
                raise TokenError(refused.error, refused.description) from refused
            raise TokenError(
                refused.error, refused.description, received=received, expected=(code.redirect_uri,)
            ) from refused


def _parameters(body: bytes, content_type: str) -> dict[str, str]:
    """RFC 6749 section 3.2: form-encoded UTF-8, no parameter twice, an empty one is as if left out."""
    if content_type != "application/x-www-form-urlencoded":
        raise TokenError(OAuthError.INVALID_REQUEST, "use Content-Type: application/x-www-form-urlencoded")
    if len(body) > LONGEST_BODY:
        raise TokenError(OAuthError.INVALID_REQUEST, "the request is too large", status=413)
    try:
        pairs = parse_qsl(body.decode("utf-8"), max_num_fields=MOST_PARAMETERS, errors="strict")
    except ValueError:
        raise TokenError(OAuthError.INVALID_REQUEST, "the body is not form-encoded UTF-8") from None
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise TokenError(OAuthError.INVALID_REQUEST, "a parameter is given twice")
    return parameters


def _check_grant_type(parameters: Mapping[str, str]) -> None:
    if _required(parameters, "grant_type") != "authorization_code":
        raise TokenError(OAuthError.UNSUPPORTED_GRANT_TYPE, "use grant_type=authorization_code")


def _required(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise TokenError(OAuthError.INVALID_REQUEST, f"{name} is missing")
    return value


def _check_verifier(parameters: Mapping[str, str], code: AuthorizationCode) -> None:
    """RFC 7636 section 4.1 for its form; RFC 9700 section 4.8.2: none without a challenge (PKCE downgrade)."""
    verifier = parameters.get("code_verifier")
    if code.code_challenge is None:
        if verifier is not None:
            raise TokenError(
                OAuthError.INVALID_GRANT, "code_verifier for a code that was asked for without code_challenge"
            )
        return
    if verifier is None:
        raise TokenError(OAuthError.INVALID_GRANT, "code_verifier is missing")
    if not _VERIFIER.match(verifier):
        raise TokenError(
            OAuthError.INVALID_GRANT, "code_verifier must be 43 to 128 letters, digits, '-', '.', '_' or '~'"
        )
