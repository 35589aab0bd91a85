"""Stored grants, with the authorization codes and access tokens that refer to them.

A code, and the access token it is exchanged for, refer to the same grant, which lives as long as they do. Deleting
the grant revokes both; an access token also ends with its session. Codes and tokens are random and opaque, and are
stored as fingerprints.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from config.redis.store import Put, Redeemed, Replayed, Store, Unknown, fingerprint
from idp.record_kinds import IdpRecord

SECRET_BYTES = 32  # 256 bits: RFC 6749 section 10.10 asks for 128 at least

_TOKEN_CHAIN = (
    (IdpRecord.GRANT, "grant"),
    (IdpRecord.SESSION, "sid"),
)
"""An access token names its grant, and the grant its session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The authorization of one application by one login."""

    identifier: str
    client_id: str
    account_id: str
    sid: str
    subject: str
    scope: str
    account_valid_from: float
    userinfo_claims: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """A grant, with what the token request must match and what the ID token will say."""

    grant: Grant
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None
    id_token_claims: dict[str, Any] | None
    authentication: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReplayedCode:
    """A code that was redeemed before; its grant is revoked.

    `is_first`: this is the first replay of the code, the one to report.
    """

    account_id: str | None
    sid: str | None
    is_first: bool


class GrantStore:
    """Codes and access tokens in the store."""

    def __init__(self, store: Store, *, code_lifetime: timedelta, access_token_lifetime: timedelta) -> None:
        self._store = store
        self._code_lifetime = code_lifetime
        self.access_token_lifetime = access_token_lifetime
        self._tombstone = code_lifetime + access_token_lifetime

    def issue_code(self, code: AuthorizationCode, *, together_with: Sequence[Put]) -> str | None:
        """Store `code` and its grant atomically; None when the session has ended meanwhile."""
        value = secrets.token_urlsafe(SECRET_BYTES)
        grant = code.grant
        stored = self._store.put_all(
            [
                Put(
                    kind=IdpRecord.CODE,
                    identifier=fingerprint(value),
                    value=_code_record(code),
                    lifetime=self._code_lifetime,
                    redeemable=True,
                ),
                Put(
                    kind=IdpRecord.GRANT,
                    identifier=grant.identifier,
                    value=_grant_record(grant),
                    lifetime=self._code_lifetime,
                ),
                *together_with,
            ],
            while_exist=[(IdpRecord.SESSION, grant.sid)],
        )
        return value if stored else None

    def redeem(self, code: str, *, by: str) -> AuthorizationCode | ReplayedCode | None:
        """Redeem a code, once. RFC 6749 section 4.1.2: a second use revokes the token that the first one obtained."""
        match self._store.redeem(IdpRecord.CODE, fingerprint(code), by=by, tombstone=self._tombstone):
            case Redeemed(value):
                return _code(value)
            case Replayed(value):
                self._store.delete((IdpRecord.GRANT, value["grant"]))
                is_first = self._store.add_once(IdpRecord.ONCE, _replay_of(code), lifetime=self._tombstone)
                return ReplayedCode(account_id=value.get("account"), sid=value.get("sid"), is_first=is_first)
            case Unknown():
                return None

    def forget_replay(self, code: str) -> None:
        """Report the next replay of `code` as the first, since this one could not be recorded."""
        self._store.delete((IdpRecord.ONCE, _replay_of(code)))

    def issue_access_token(self, grant: Grant, *, together_with: Sequence[Put]) -> str | None:
        """Store an access token for `grant`; None when its session has ended meanwhile.

        If a replay revoked the grant meanwhile, return a token that was never stored: the client that redeemed the
        code receives a response, and its token opens nothing.
        """
        value = secrets.token_urlsafe(SECRET_BYTES)
        lifetime = self.access_token_lifetime
        stored = self._store.put_all(
            [
                Put(
                    kind=IdpRecord.TOKEN,
                    identifier=fingerprint(value),
                    value={"grant": grant.identifier},
                    lifetime=lifetime,
                ),
                Put(kind=IdpRecord.GRANT, identifier=grant.identifier, value=_grant_record(grant), lifetime=lifetime),
                *together_with,
            ],
            while_exist=[(IdpRecord.GRANT, grant.identifier), (IdpRecord.SESSION, grant.sid)],
        )
        if stored or self._store.get(IdpRecord.SESSION, grant.sid) is not None:
            return value
        return None

    def find(self, access_token: str) -> Grant | None:
        """The grant behind an access token, while it, its grant and its session last."""
        token, grant, session = self._store.get_chain(IdpRecord.TOKEN, fingerprint(access_token), through=_TOKEN_CHAIN)
        if token is None or grant is None or session is None:
            return None
        return _grant(token["grant"], grant)


def _replay_of(code: str) -> str:
    return f"replay-{fingerprint(code)}"


def _grant_record(grant: Grant) -> dict[str, Any]:
    return {
        "client_id": grant.client_id,
        "account": grant.account_id,
        "sid": grant.sid,
        "sub": grant.subject,
        "scope": grant.scope,
        "valid_from": grant.account_valid_from,
        "claims": grant.userinfo_claims,
    }


def _code_record(code: AuthorizationCode) -> dict[str, Any]:
    return _grant_record(code.grant) | {
        "grant": code.grant.identifier,
        "redirect_uri": code.redirect_uri,
        "challenge": code.code_challenge,
        "nonce": code.nonce,
        "id_token_claims": code.id_token_claims,
        "authentication": code.authentication,
    }


def _grant(identifier: str, record: dict[str, Any]) -> Grant:
    return Grant(
        identifier=identifier,
        client_id=record["client_id"],
        account_id=record["account"],
        sid=record["sid"],
        subject=record["sub"],
        scope=record["scope"],
        account_valid_from=record["valid_from"],
        userinfo_claims=record["claims"],
    )


def _code(record: dict[str, Any]) -> AuthorizationCode:
    return AuthorizationCode(
        grant=_grant(record["grant"], record),
        redirect_uri=record["redirect_uri"],
        code_challenge=record["challenge"],
        nonce=record["nonce"],
        id_token_claims=record["id_token_claims"],
        authentication=record["authentication"],
    )
