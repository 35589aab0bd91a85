"""An identity provider of forty lines, on a real socket, which can be told to misbehave.

It is what the sample applications are tested against here; the real one meets them in tests/pages.
"""

import base64
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig", "alg": "ES256"})


class SmallProvider:
    """Jeanne is always logged in. `instead` changes what is sent: a claim, a parameter, an answer."""

    issuer: str

    def __init__(self) -> None:
        self.instead: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.authorization = ""
        self.app = Flask(__name__)
        self.app.add_url_rule("/.well-known/openid-configuration", view_func=self.discovery)
        self.app.add_url_rule("/authorize", view_func=self.authorize)
        self.app.add_url_rule("/token", view_func=self.token, methods=["POST"])
        self.app.add_url_rule("/userinfo", view_func=self.userinfo)
        self.app.add_url_rule("/jwks", view_func=self.jwks)

    def discovery(self) -> Response:
        return jsonify(
            issuer=self.instead.get("issuer", self.issuer),
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            userinfo_endpoint=f"{self.issuer}/userinfo",
            jwks_uri=f"{self.issuer}/jwks",
            end_session_endpoint=f"{self.issuer}/logout",
            id_token_signing_alg_values_supported=["ES256"],
            authorization_response_iss_parameter_supported=True,
        )

    def authorize(self) -> Any:
        self.asked = dict(request.args)
        answer = self.instead.get("answer", {"code": "good"})
        answer = answer | {"state": self.asked["state"], "iss": self.instead.get("sender", self.issuer)}
        return redirect(f"{self.asked['redirect_uri']}?{urlencode(answer)}")

    def token(self) -> Any:
        self.authorization = request.headers.get("Authorization", "")
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        proven = base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.asked["code_challenge"]
        if "token" in self.instead or not proven:
            return self.instead.get("token", {"error": "invalid_grant"}), 400
        return jsonify(access_token="opaque", token_type="Bearer", id_token=self.id_token())

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "s-1", "aud": "dcc", "iat": now, "exp": now + 300, "auth_time": now - 60}
        claims |= {"nonce": self.asked["nonce"], "sid": "session-1", "acr": "urn:example:password", "amr": ["pwd"]}
        claims |= self.instead.get("claims", {})
        return jwt.encode({"alg": "ES256", "kid": "one"}, claims, self.instead.get("key", KEY))

    def userinfo(self) -> Response:
        claims = {"given_name": "Jeanne", "family_name": "Dupont", "SubjectRole": ["10^1.2.250.1.71.1.2.7"]}
        return jsonify(claims | {"sub": self.instead.get("userinfo_sub", "s-1"), "email": "jeanne@exemple.test"})

    def jwks(self) -> Response:
        return jsonify(keys=[KEY.as_dict(private=False)])


@contextmanager
def a_small_provider() -> Iterator[SmallProvider]:
    provider = SmallProvider()
    server = make_server("127.0.0.1", 0, provider.app, threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield provider
    server.shutdown()
    thread.join()
    server.server_close()
