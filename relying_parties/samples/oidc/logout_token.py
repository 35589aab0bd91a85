"""Logout tokens: OpenID Connect Back-Channel Logout 1.0. Authlib does not know them; joserfc verifies the signature."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError
from joserfc.jwk import KeySet

from relying_parties.samples.kept_once import KeptOnce
from relying_parties.samples.problems import Untrusted

EVENT = "http://schemas.openid.net/event/backchannel-logout"
CLOCK_SKEW_SECONDS = 60
ASK_ANEW_SECONDS = 60
OLDEST_SECONDS = 10 * 60  # one that came late is as good: the identity provider tries again for a while
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Whose sessions are to end: one session (`sid`), or all of a person's (`sub`)."""

    sub: str | None
    sid: str | None

    def names(self, identity: Any) -> bool:
        """Section 2.7: a token that has both names that session of that person."""
        return all(
            identity.claims.get(name) == value for name, value in (("sub", self.sub), ("sid", self.sid)) if value
        )


class LogoutTokens:
    """Reads the tokens of one identity provider to one application; each is good once."""

    def __init__(self, *, issuer: str, client_id: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._seen: KeptOnce[None] = KeptOnce()
        self._asked_anew_at = -float(ASK_ANEW_SECONDS)

    def read(self, token: str, *, keys: Callable[..., Any], algorithms: Iterable[str]) -> Naming:
        """Whose sessions end, by the steps of section 2.6.

        Raises:
            Untrusted: a step fails; the text says which.
            JoseError: the signature is not good.
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
        _require("nonce" not in claims, "un nonce n’y a pas sa place")  # step 6: no ID token may pass for one
        jti = claims.get("jti")
        _require(isinstance(jti, str) and bool(jti), "jti manque")
        fresh = self._seen.add(str(jti), None, seconds=OLDEST_SECONDS + CLOCK_SKEW_SECONDS)
        _require(fresh, "ce jeton a déjà servi (jti)")  # step 7
        return Naming(sub=sub, sid=sid)

    def _verified(self, token: str, keys: Callable[..., Any], algorithms: list[str]) -> jwt.Token:
        """With the keys we know, or those when it bears another, asked at most once a minute, whoever sends it."""
        try:
            return self._decoded(token, keys(), algorithms)
        except InvalidKeyIdError:
            now = time.monotonic()
            if now - self._asked_anew_at < ASK_ANEW_SECONDS:
                raise
            self._asked_anew_at = now
            return self._decoded(token, keys(force=True), algorithms)

    @staticmethod
    def _decoded(token: str, keys: Any, algorithms: list[str]) -> jwt.Token:
        try:
            return jwt.decode(token, KeySet.import_key_set(keys), algorithms=algorithms)
        except ValueError as wrong:  # joserfc lets some malformed tokens through as what base64 or JSON raise
            raise Untrusted("Le jeton de déconnexion est mal formé.") from wrong


def _moment(claims: dict[str, Any], name: str) -> float:
    at = claims.get(name)
    _require(isinstance(at, int | float), f"{name} manque")
    return float(at or 0)


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as `assert`
    if not holds:
        raise Untrusted(f"Le jeton de déconnexion est refusé : {otherwise}.")
