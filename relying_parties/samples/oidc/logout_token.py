"""Reads logout tokens: OpenID Connect Back-Channel Logout 1.0. Authlib has no support; joserfc verifies signatures."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from relying_parties.samples.one_time_store import OneTimeStore
from relying_parties.samples.problems import Untrusted

EVENT = "http://schemas.openid.net/event/backchannel-logout"
CLOCK_SKEW_SECONDS = 60
REFETCH_SECONDS = 60
OLDEST_SECONDS = 10 * 60  # the identity provider retries for a while, so a token may arrive late
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """The sessions to end: one session (`sid`), or all sessions of a person (`sub`)."""

    sub: str | None
    sid: str | None

    def concerns(self, identity: Any) -> bool:
        """Section 2.7: a token with both means that session of that person."""
        return all(
            identity.claims.get(name) == value for name, value in (("sub", self.sub), ("sid", self.sid)) if value
        )


class LogoutTokens:
    """Reads the tokens of one identity provider for one application; each is accepted once."""

    def __init__(self, *, issuer: str, client_id: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._seen: OneTimeStore[None] = OneTimeStore()
        self._refetched_at = -float(REFETCH_SECONDS)

    def read(self, token: str, *, keys: Callable[..., Any], algorithms: Iterable[str]) -> LogoutRequest:
        """The sessions to end, by the steps of section 2.6.

        Raises:
            Untrusted: a step fails; the message says which.
            JoseError: the signature does not verify.
        """
        verified = self._verified(token, keys, [one for one in algorithms if one in SIGNATURES])  # steps 1 and 2
        claims, now = verified.claims, time.time()
        _require(verified.header.get("typ", "logout+jwt").lower() == "logout+jwt", "typ n’est pas logout+jwt")  # 2.4
        _require(claims.get("iss") == self._issuer, f"iss est {claims.get('iss')!r}")  # step 3
        audience = claims.get("aud")
        _require(self._client_id in (audience if isinstance(audience, list) else [audience]), "aud n’est pas le nôtre")
        issued_at, expires_at = _moment(claims, "iat"), _moment(claims, "exp")
        _require(now - OLDEST_SECONDS < issued_at < now + CLOCK_SKEW_SECONDS, "iat est trop ancien ou à venir")
        _require(expires_at > now - CLOCK_SKEW_SECONDS, "exp est passé")
        sub, sid = claims.get("sub"), claims.get("sid")
        _require(bool(sub or sid), "ni sub ni sid")  # step 4
        _require(all(one is None or isinstance(one, str) for one in (sub, sid)), "sub ou sid n’est pas un texte")
        events = claims.get("events")
        _require(isinstance(events, dict) and isinstance(events.get(EVENT), dict), "events ne dit pas une déconnexion")
        _require("nonce" not in claims, "un nonce n’y a pas sa place")  # step 6: it would be an ID token
        jti = claims.get("jti")
        _require(isinstance(jti, str) and bool(jti), "jti manque")
        fresh = self._seen.add(str(jti), None, seconds=OLDEST_SECONDS + CLOCK_SKEW_SECONDS)
        _require(fresh, "ce jeton a déjà servi (jti)")  # step 7
        return LogoutRequest(sub=sub, sid=sid)

    def _verified(self, token: str, keys: Callable[..., Any], algorithms: list[str]) -> jwt.Token:
        """Verify with the known keys. An unknown key fetches the keys again, at most once a minute."""
        try:
            return self._decoded(token, keys(), algorithms)
        except InvalidKeyIdError:
            now = time.monotonic()
            if now - self._refetched_at < REFETCH_SECONDS:
                raise
            self._refetched_at = now
            return self._decoded(token, keys(force=True), algorithms)

    @staticmethod
    def _decoded(token: str, keys: Any, algorithms: list[str]) -> jwt.Token:
        try:
            return jwt.decode(token, KeySet.import_key_set(keys), algorithms=algorithms)
        except ValueError as wrong:  # for some malformed tokens joserfc raises the error of base64 or JSON
            raise Untrusted("Le jeton de déconnexion est mal formé.") from wrong


def _moment(claims: dict[str, Any], name: str) -> float:
    at = claims.get(name)
    _require(isinstance(at, int | float), f"{name} manque")
    return float(at or 0)


def _require(condition: bool, problem: str) -> None:  # noqa: FBT001 - reads as `assert`
    if not condition:
        raise Untrusted(f"Le jeton de déconnexion est refusé : {problem}.")
