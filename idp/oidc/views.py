"""The OpenID Connect endpoints: where each is, and how each sends an error.

GET, POST /oidc/authorize    GET, POST /oidc/logout      for browsers
POST /oidc/token             GET, POST /oidc/userinfo    for applications' servers
GET /.well-known/openid-configuration    GET /oidc/jwks
"""

import json
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_from_bytes

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.csrf import accepts_cross_site_posts
from config.web.prefetch import skip_prefetch
from config.web.request_id import current_request_id
from config.web.responses import RawResponse, see_other
from config.web.web_app import WebShell
from idp.keys.key_ring import KeyRing
from idp.login.flow import Answer, LoginFlow, Refuse
from idp.login.respond import respond
from idp.login.start import LoginStart
from idp.logout.logout_request import LogoutRequest
from idp.oidc.authorization.parameters import LONGEST_QUERY
from idp.oidc.authorization.response import OidcProtocol
from idp.oidc.cors import allow_cross_origin
from idp.oidc.documents import Document, PublishedKeys
from idp.oidc.endpoint_request import EndpointRequest
from idp.oidc.errors import AuthorizationError, OAuthError, TokenError
from idp.oidc.pyop.adapter import OidcProvider
from idp.oidc.token import TokenEndpoint
from idp.oidc.userinfo import UserinfoEndpoint
from idp.sessions.session import Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request import UntrustedRequest
from idp.web.untrusted_request_pages import UntrustedRequestPages

_IN_QUERIES = "!$&'()*+,;=:@/?%"  # RFC 3986 section 3.4, and the % of what is encoded already

journal = logging.getLogger("poterne.oidc")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcViews:
    """The endpoints and what they need."""

    web: WebShell
    provider: OidcProvider
    protocol: OidcProtocol
    token: TokenEndpoint
    userinfo: UserinfoEndpoint
    sessions: Sessions
    flow: LoginFlow
    start: LoginStart
    ring: Callable[[], KeyRing]
    read_logout: Callable[[str], LogoutRequest]
    log_out: Callable[[LogoutRequest], AnyResponse]
    untrusted_requests: UntrustedRequestPages
    public_origins: Callable[[], Collection[str]]

    def blueprint(self) -> Blueprint:
        oidc = Blueprint("oidc", __name__)
        allow_cross_origin(oidc, self.public_origins)
        metadata = self.provider.configuration()
        discovery, keys = Document.of(metadata), PublishedKeys(self.ring)

        @oidc.get("/.well-known/openid-configuration")
        def configuration() -> Response:
            return discovery.answer()

        @oidc.get("/oidc/jwks")
        def jwks() -> Response:
            return keys.document().answer()

        @oidc.get("/oidc/authorize")
        @skip_prefetch  # a code would be issued and never used
        def authorize() -> AnyResponse:
            return self._authorize(_query())

        @oidc.post("/oidc/authorize")
        @accepts_cross_site_posts
        def authorize_by_post() -> AnyResponse:
            return _same_by_get("/oidc/authorize")

        @oidc.post("/oidc/token")
        @accepts_cross_site_posts
        def token() -> Response:
            received = EndpointRequest.received(metadata["token_endpoint"], reads_body=True)
            return _json(self.token.respond(received))

        @oidc.route("/oidc/userinfo", methods=["GET", "POST"])
        @accepts_cross_site_posts
        def userinfo() -> Response:
            received = EndpointRequest.received(metadata["userinfo_endpoint"], reads_body=False)
            return _json(self.userinfo.respond(received))

        @oidc.get("/oidc/logout")
        @skip_prefetch
        def log_out() -> AnyResponse:
            return self.log_out(self.read_logout(_query()))

        @oidc.post("/oidc/logout")
        @accepts_cross_site_posts
        def log_out_by_post() -> AnyResponse:
            return _same_by_get("/oidc/logout")

        oidc.register_error_handler(TokenError, _token_error)
        oidc.register_error_handler(AuthorizationError, self._authorization_error)
        oidc.register_error_handler(UntrustedRequest, self._untrusted_request)
        return oidc

    def _authorize(self, query: str) -> AnyResponse:
        """With a session that meets every requirement, answer at once; otherwise begin a login."""
        login_request = self.protocol.read(query, datetime.now(UTC))
        session = self.sessions.find(self.web.cookies.read(SESSION_COOKIE))
        match self.flow.decide(self.protocol, login_request, session, ClientInfo.of(request)):
            case Answer(response):
                return respond(response, login_request, self.web)
            case Refuse(requirement):
                refused = self.protocol.refuse(login_request, requirement.refusal)
                return respond(refused, login_request, self.web, successful=False)
        return self.start.begin(login_request)

    # --- errors --------------------------------------------------------------------

    def _authorization_error(self, refused: AuthorizationError) -> AnyResponse:
        return see_other(self.protocol.error_url(refused))

    def _untrusted_request(self, refused: UntrustedRequest) -> Response:
        return self.untrusted_requests.show(refused, journal)


def _token_error(refused: TokenError) -> Response:
    """RFC 6749 section 5.2, with a challenge where credentials belong in the Authorization header.

    An operator finds the details by the `reference` (`idp fault`, the journal).
    """
    content = {"error": refused.error.value, "error_description": refused.description}
    response = _json(content | {"reference": current_request_id()}, refused.status)
    if refused.status == 401 and not refused.in_body:
        response.headers["WWW-Authenticate"] = _challenge(refused)
    return response


def _challenge(refused: TokenError) -> str:
    if refused.error is not OAuthError.INVALID_TOKEN:
        return 'Basic realm="token", charset="UTF-8"'
    if not refused.attempted:
        return 'Bearer realm="userinfo"'  # RFC 6750 section 3.1: no error code without a credential
    return f'Bearer realm="userinfo", error="{refused.error}", error_description="{refused.description}"'


def _query() -> str:
    """The query, with each octet outside RFC 3986's characters percent-encoded, so that `state` returns unchanged."""
    return quote_from_bytes(request.query_string, safe=_IN_QUERIES)


def _same_by_get(path: str) -> AnyResponse:
    """Send the same request again as a GET: a cross-site POST does not carry our SameSite=Lax cookies."""
    body = request.get_data(cache=False)[: LONGEST_QUERY + 1]
    if request.mimetype != "application/x-www-form-urlencoded":
        body = b""
    return redirect(f"{path}?{quote_from_bytes(body, safe=_IN_QUERIES)}", 303)


def _json(content: dict[str, Any], status: int = 200) -> Response:
    """RFC 6749 section 5.1: never stored."""
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    return RawResponse(json.dumps(content).encode(), status, headers=headers)
