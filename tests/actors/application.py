"""A relying party's server: it asks for logins, redeems, verifies what it is given, asks who it is, and logs out.

It knows the identity provider by its addresses alone, as a real one does, and
refuses what OpenID Connect Core 1.0 section 3.1.3.7 tells it to refuse.
"""

import json
import secrets
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import Client, TestResponse

from tests.actors.page import Page

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

SCOPE = "openid profile email professional"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the application keeps between its request and the answer."""

    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the browser brought back: a code, or the protocol's word for a refusal."""

    state: str
    code: str = ""
    error: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person is signed in to the application."""

    claims: dict[str, Any]
    id_token: str
    access_token: str
    code: str
    state: str

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])


@dataclass(slots=True, kw_only=True)
class Application:
    """One relying party."""

    idp: "WSGIApplication"
    issuer: str
    client_id: str
    secret: str
    redirect_uri: str
    home_url: str
    post_logout_redirect_uri: str
    asked: dict[str, Asked] = field(default_factory=dict)

    @property
    def calls(self) -> Client:
        """Its HTTP client, which keeps no cookie."""
        return Client(self.idp, use_cookies=False)

    # --- asking --------------------------------------------------------------------

    def asks(self, **changed: str | None) -> str:
        """The address of an authentication request; a parameter changed to None is left out."""
        return f"{self.issuer}/oidc/authorize?{urlencode(self.request(**changed))}"

    def request(self, **changed: str | None) -> dict[str, str]:
        """The parameters of an authentication request: Core 1.0 section 3.1.2.1, RFC 7636 section 4.3."""
        state, nonce, verifier = secrets.token_urlsafe(16), secrets.token_urlsafe(16), secrets.token_urlsafe(48)
        parameters = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        } | changed
        kept = {name: value for name, value in parameters.items() if value is not None}
        self.asked[kept.get("state", "")] = Asked(kept.get("nonce", ""), verifier, kept.get("redirect_uri", ""))
        return kept

    # --- being answered --------------------------------------------------------------

    def answer(self, page: Page) -> Answer:
        """What the browser brought, if it came to our address and from our issuer (RFC 9207 section 2.4)."""
        assert page.url.startswith(self.redirect_uri), f"not at {self.redirect_uri}: {page}"
        given = page.parameters
        assert given.get("iss") == self.issuer, given
        assert given.get("state", "") in self.asked, "a state we never sent"
        return Answer(
            state=given.get("state", ""),
            code=given.get("code", ""),
            error=given.get("error", ""),
            description=given.get("error_description", ""),
        )

    def signs_in(self, page: Page) -> SignedIn:
        """Redeem what the browser brought, and believe it once verified."""
        answer = self.answer(page)
        assert answer.code, answer
        response = self.redeems(answer)
        assert response.status_code == 200, response.text
        tokens = response.get_json()
        assert tokens["token_type"] == "Bearer"
        claims = self.verifies(tokens["id_token"], nonce=self.asked[answer.state].nonce)
        return SignedIn(
            claims=claims,
            id_token=tokens["id_token"],
            access_token=tokens["access_token"],
            code=answer.code,
            state=answer.state,
        )

    def redeems(
        self, answer: Answer, *, authorization: str | None = None, **changed: str | bytes | None
    ) -> TestResponse:
        """The token request of RFC 6749 section 4.1.3; a parameter changed to None is left out."""
        asked = self.asked[answer.state]
        body: dict[str, Any] = {
            "grant_type": "authorization_code",
            "code": answer.code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        kept = {name: value for name, value in (body | changed).items() if value is not None}
        headers = {"Authorization": self.basic() if authorization is None else authorization}
        return self.calls.post(
            "/oidc/token", data=kept, headers={name: value for name, value in headers.items() if value}
        )

    def basic(self, secret: str | None = None) -> str:
        """RFC 6749 section 2.3.1: each part form-encoded, then RFC 7617."""
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.secret if secret is None else secret)}"
        return "Basic " + b64encode(pair.encode()).decode()

    def verifies(self, id_token: str, *, nonce: str | None = None) -> dict[str, Any]:
        """Core 1.0 section 3.1.3.7, with the keys published at this moment."""
        keys = KeySet.import_key_set(self.calls.get("/oidc/jwks").get_json())
        token = jwt.decode(id_token, keys, algorithms=["RS256", "ES256"])
        required = {"iss": self.issuer, "aud": self.client_id} | ({"nonce": nonce} if nonce else {})
        registry = jwt.JWTClaimsRegistry(
            exp={"essential": True}, iat={"essential": True},
            **{name: {"essential": True, "value": value} for name, value in required.items()},
        )  # fmt: skip
        registry.validate(token.claims)
        return dict(token.claims)

    # --- afterwards ------------------------------------------------------------------

    def userinfo(self, access_token: str) -> TestResponse:
        return self.calls.get("/oidc/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def learns(self, signed_in: SignedIn) -> dict[str, Any]:
        """What userinfo says, if it is of the person of the ID token (Core 1.0 section 5.3.2)."""
        response = self.userinfo(signed_in.access_token)
        assert response.status_code == 200, response.text
        claims: dict[str, Any] = response.get_json()
        assert claims["sub"] == signed_in.subject
        return claims

    def asks_to_log_out(self, signed_in: SignedIn | None, **changed: str | None) -> str:
        """RP-Initiated Logout 1.0 section 2."""
        parameters = {
            "id_token_hint": signed_in.id_token if signed_in else None,
            "client_id": self.client_id,
            "post_logout_redirect_uri": self.post_logout_redirect_uri,
            "state": "loggedout",
        } | changed
        kept = {name: value for name, value in parameters.items() if value is not None}
        return f"{self.issuer}/oidc/logout?{urlencode(kept)}"


def challenge(verifier: str) -> str:
    """RFC 7636 section 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def parts_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a JWT, which nobody has verified."""
    header, claims = (json.loads(urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    return header, claims
