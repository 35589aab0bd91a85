"""The identity provider, as OpenID Connect Core 1.0 has a relying party see it. JOSE by joserfc.

The code flow with PKCE (RFC 7636), `state`, `nonce` and `iss` (RFC 9207); the ID token is
verified by section 3.1.3.7, a logout token by Back-Channel Logout 1.0 section 2.6.
"""

import http.client
import time
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from config.http_client import HttpClient, HttpFailed
from config.strict_parsing import InvalidJson, parse_json_object
from config.text_files import FileRefused, NotText, read_private_text
from enrollment.sign_in.metadata import ProviderMetadata, ProviderUnavailable
from enrollment.sign_in.person import SignedInPerson

SCOPE: Final = "openid profile email professional"
ALGORITHMS: Final = ["RS256", "ES256"]
LOGOUT_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
CLOCK_SKEW: Final = 60  # seconds
OLDEST_LOGOUT_TOKEN: Final = 600  # seconds: the identity provider sends it again for a while
LONGEST_TOKEN: Final = 16_384  # octets
_ANSWERS_WITHIN: Final = timedelta(seconds=5)
_FORM: Final = "application/x-www-form-urlencoded"


class SignInRefused(Exception):
    """An answer was refused, or the identity provider refused. The text is for the journal, and repeats no token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in that was completed. `id_token` is the hint of the logout to come, `issued_at` its `iat`."""

    person: SignedInPerson
    id_token: str
    issued_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutNotice:
    """The sessions that a logout token ends: one, or all those of a person. `jti` makes it good once.

    `issued_at` is its `iat`: no sign-in whose ID token was issued before is completed. `happened_at` is its `toe`, when
    the sessions became void (RFC 8417 section 2.2): a session of an ID token that was issued later goes on.
    """

    sid: str | None
    subject: str | None
    jti: str
    issued_at: float
    happened_at: float | None = None


class IdentityProvider:
    """The identity provider, for one registered client. Thread-safe."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret_file: Path, callback: str, signed_out: str
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret_file = client_secret_file
        self._callback = callback
        self._signed_out = signed_out
        self._http = HttpClient(within=_ANSWERS_WITHIN, loopback=True)  # the address is an operator's setting
        self._metadata = ProviderMetadata(issuer, self._http)

    def authorization_url(self, *, state: str, nonce: str, verifier: str, language: str) -> str:
        """Where the browser goes to sign in (section 3.1.2.1; RFC 7636 section 4.3).

        Raises:
            ProviderUnavailable
        """
        challenge = urlsafe_b64encode(sha256(verifier.encode("ascii")).digest()).rstrip(b"=").decode("ascii")
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        return f"{self._metadata.endpoint('authorization_endpoint')}?{urlencode(parameters)}"

    def logout_url(self, id_token: str, *, language: str) -> str:
        """Where the browser goes to sign out everywhere (RP-Initiated Logout 1.0, section 2).

        Raises:
            ProviderUnavailable
        """
        parameters = {
            "id_token_hint": id_token,
            "client_id": self._client_id,
            "post_logout_redirect_uri": self._signed_out,
            "ui_locales": language,
        }
        return f"{self._metadata.endpoint('end_session_endpoint')}?{urlencode(parameters)}"

    def check_sender(self, iss: str | None) -> None:
        """RFC 9207 section 2.4: the answer comes from this identity provider.

        Raises:
            SignInRefused: it does not say so.
        """
        if iss != self._issuer:
            raise SignInRefused("the answer is another issuer's")

    def redeem(self, code: str, *, verifier: str, nonce: str) -> SignIn:
        """Exchange the code, verify the ID token, and read userinfo.

        Raises:
            ProviderUnavailable, SignInRefused
        """
        tokens = self._tokens(code, verifier)
        id_token, access_token = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str):
            raise SignInRefused("the token response has no ID token or no access token")
        claims = self._claims(id_token)
        self._check_id_token(claims, nonce)
        userinfo = self._userinfo(access_token)
        if userinfo.get("sub") != claims["sub"]:  # section 5.3.2
            raise SignInRefused("userinfo is another person's")
        person = SignedInPerson.of_claims(userinfo | claims)
        return SignIn(person=person, id_token=id_token, issued_at=_instant(claims, "iat"))

    def read_logout_token(self, token: str) -> LogoutNotice:
        """The sessions to end. Back-Channel Logout 1.0, section 2.6; the caller sees that `jti` is new.

        Raises:
            ProviderUnavailable, SignInRefused
        """
        claims, now = self._claims(token, typ="logout+jwt"), time.time()
        self._check_audience(claims)
        issued_at = _instant(claims, "iat")
        _require(now - OLDEST_LOGOUT_TOKEN < issued_at < now + CLOCK_SKEW, "iat is too old or in the future")
        _require(_instant(claims, "exp") > now - CLOCK_SKEW, "exp has passed")
        events = claims.get("events")
        _require(isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict), "events names no logout")
        _require("nonce" not in claims, "a logout token has no nonce")
        sid, subject, jti = (claims.get(name) for name in ("sid", "sub", "jti"))
        _require(all(each is None or isinstance(each, str) for each in (sid, subject)), "sid or sub is not a text")
        _require(bool(sid or subject), "it names neither sid nor sub")
        _require(isinstance(jti, str) and bool(jti), "it has no jti")
        happened_at = _instant(claims, "toe") if "toe" in claims else None
        return LogoutNotice(sid=sid, subject=subject, jti=str(jti), issued_at=issued_at, happened_at=happened_at)

    # --- the ID token ---------------------------------------------------------------

    def _check_id_token(self, claims: Mapping[str, Any], nonce: str) -> None:
        """Section 3.1.3.7, steps 2 to 11; the signature is verified."""
        now = time.time()
        self._check_audience(claims)
        _require(claims.get("azp") in (None, self._client_id), "azp is another client")  # steps 4 and 5
        _require(_instant(claims, "exp") > now - CLOCK_SKEW, "exp has passed")  # step 9
        _require(abs(_instant(claims, "iat") - now) < OLDEST_LOGOUT_TOKEN, "iat is too far from now")  # step 10
        _require(claims.get("nonce") == nonce, "nonce is not the one that was sent")  # step 11
        _require(all(isinstance(claims.get(name), str) for name in ("sub", "sid")), "it has no sub or no sid")

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """Steps 2 and 3: issued by our identity provider, for us alone."""
        _require(claims.get("iss") == self._issuer, "iss is another issuer")
        _require(claims.get("aud") in (self._client_id, [self._client_id]), "aud is another client")

    def _claims(self, token: str, *, typ: str | None = None) -> dict[str, Any]:
        """The claims of a token that the identity provider has signed (steps 6 to 8)."""
        if len(token) > LONGEST_TOKEN:
            raise SignInRefused("the token is too long")
        try:
            for segment in token.split(".")[:2]:
                parse_json_object(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
            verified = self._verified(token)
        except (JoseError, InvalidJson, ValueError, TypeError, RecursionError) as wrong:
            # joserfc raises the errors of base64 and JSON for some malformed tokens
            raise SignInRefused(f"the token cannot be verified: {type(wrong).__name__}") from wrong
        found = str(verified.header.get("typ", "")).lower()
        _require(found == typ if typ else found != "logout+jwt", "the token is of another type")
        return dict(verified.claims)

    def _verified(self, token: str) -> jwt.Token:
        try:
            return jwt.decode(token, self._metadata.key_set(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:  # the identity provider may have a new key
            return jwt.decode(token, self._metadata.key_set(again=True), algorithms=ALGORITHMS)

    # --- what is fetched --------------------------------------------------------------

    def _tokens(self, code: str, verifier: str) -> dict[str, Any]:
        """Section 3.1.3.1, with `client_secret_basic` (RFC 6749 section 2.3.1)."""
        try:
            secret = read_private_text(self._client_secret_file).strip()
        except (FileRefused, NotText) as refused:
            raise ProviderUnavailable(f"client_secret_file: {refused}") from refused
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": verifier,
        }
        self._metadata.refuse_while_away()
        credentials = b64encode(f"{quote(self._client_id, safe='')}:{quote(secret, safe='')}".encode()).decode("ascii")
        try:
            answer = self._http.post(
                self._metadata.endpoint("token_endpoint"),
                urlencode(form).encode("ascii"),
                content_type=_FORM,
                headers={"Authorization": f"Basic {credentials}", "Accept": "application/json"},
            )
        except HttpFailed as failure:
            raise self._metadata.away(str(failure)) from failure
        if answer.status >= http.client.INTERNAL_SERVER_ERROR:
            raise ProviderUnavailable(f"the token endpoint answered {answer.status}")
        try:
            document = parse_json_object(answer.body)
        except InvalidJson as invalid:
            raise SignInRefused(f"the token response is not JSON: {invalid}") from invalid
        if answer.status != http.client.OK:
            raise SignInRefused(f"the token endpoint answered {answer.status}: {str(document.get('error'))[:60]!a}")
        return document

    def _userinfo(self, access_token: str) -> dict[str, Any]:
        return self._metadata.document(
            self._metadata.endpoint("userinfo_endpoint"), headers={"Authorization": f"Bearer {access_token}"}
        )


def _instant(claims: Mapping[str, Any], name: str) -> float:
    at = claims.get(name)
    _require(isinstance(at, int | float) and not isinstance(at, bool), f"{name} is missing")
    return float(at or 0)


def _require(condition: bool, problem: str) -> None:  # noqa: FBT001 - reads as `assert`
    if not condition:
        raise SignInRefused(f"the token is refused: {problem}")
