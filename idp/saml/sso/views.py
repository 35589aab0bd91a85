"""The SAML endpoints of a browser's single sign-on: where each is, and how a refusal leaves.

GET, POST /saml/sso                  an AuthnRequest, by HTTP-Redirect or HTTP-POST
GET       /saml/start/<identifier>   a login that begins here, at an application that has declared it
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import Visit
from config.web.csrf import accepts_cross_site_posts
from config.web.prefetch import ignore_prefetch
from config.web.web_app import WebShell
from idp.accounts.devices import DEVICE_COOKIE, Devices
from idp.login.flow import Answer, LoginFlow, Refuse
from idp.login.respond import respond
from idp.login.start import LoginStart
from idp.saml.artifact.fetching import ArtifactFetching
from idp.saml.bindings.messages import Parameter, Received, by_post, by_redirect, posted_form
from idp.saml.errors import SamlFault, Status
from idp.saml.sso.errors import RefusedAtServiceProvider
from idp.saml.sso.login_request import AuthnRequest
from idp.saml.sso.protocol import REFUSALS, SamlProtocol
from idp.sessions.session import Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request import UntrustedRequest
from idp.web.untrusted_request_pages import UnverifiedPages
from relying_parties.sp_metadata.service_provider import Binding

_READ = (Parameter.REQUEST.value, Parameter.ARTIFACT.value)

journal = logging.getLogger("poterne.saml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlViews:
    """The endpoints and what they need."""

    web: WebShell
    protocol: SamlProtocol
    fetching: ArtifactFetching
    sessions: Sessions
    devices: Devices
    flow: LoginFlow
    start: LoginStart
    unverified: UnverifiedPages

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml", __name__, url_prefix="/saml")

        @saml.get("/sso")
        def sso() -> AnyResponse:
            return self._answer(self._read(by_redirect(request.query_string.decode("latin-1"))))

        @saml.post("/sso")
        @accepts_cross_site_posts
        def sso_by_post() -> AnyResponse:
            """It comes from another site, without our Lax cookies: a GET of ours will have them."""
            return self._begin(self._read(by_post(posted_form())))

        @saml.get("/start/<identifier>")
        def start(identifier: str) -> AnyResponse:
            return self._answer(
                self.protocol.unsolicited(identifier, request.args.getlist("target"), datetime.now(UTC))
            )

        saml.app_errorhandler(RefusedAtServiceProvider)(self._refused_at_service_provider)
        saml.register_error_handler(UntrustedRequest, self._unverified)
        return ignore_prefetch(saml)

    def _read(self, received: Received) -> AuthnRequest:
        if received.parameter is Parameter.ARTIFACT:
            address = ClientInfo.of(request).address
            device = self.devices.identifier(self.web.cookies.read(DEVICE_COOKIE))
            received = self.fetching.fetch(received, Visit(address=address, client=address, device=device))
        if received.parameter is not Parameter.REQUEST:
            raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received.parameter.value, expected=_READ)
        return self.protocol.read(received, datetime.now(UTC), address=ClientInfo.of(request).address)

    def _answer(self, asked: AuthnRequest) -> AnyResponse:
        """With a session that meets every requirement, answer at once; otherwise begin a login."""
        session = self.sessions.find(self.web.cookies.read(SESSION_COOKIE))
        match self.flow.decide(self.protocol, asked, session, ClientInfo.of(request)):
            case Answer(response):
                return respond(response, asked, self.web)
            case Refuse(requirement):
                return self._refuse(asked, REFUSALS[requirement.refusal])
        return self._begin(asked)

    def _begin(self, asked: AuthnRequest) -> AnyResponse:
        """Begin a login. Beyond what a network may leave here, that the request is used is written at the answer only.

        A request that is turned away leaves nothing behind, and may come again.
        """
        remembers = self.start.count_one("saml-requests") is None
        begun = self.protocol.require_new(asked, remembers=remembers)
        try:
            return self.start.begin(begun)
        except TooManyRequests:
            if remembers:
                self.protocol.revoke(asked)
            raise

    # --- how a refusal leaves ------------------------------------------------------

    def _refused_at_service_provider(self, refused: RefusedAtServiceProvider) -> Response:
        """Wherever it was raised: when the request was read, or when it was to be answered, at the end of a login."""
        asked = refused.request
        journal.warning("request refused", extra={"fault": refused.reason, "application": asked.application.identifier})
        return self._refuse(asked, refused.status)

    def _refuse(self, asked: AuthnRequest, status: Status) -> Response:
        """By artifact, the refusal waits for the service provider: strangers cause so many, as logins begun."""
        waits = asked.parameters.consumer_binding == Binding.ARTIFACT
        if waits and (wait := self.start.count_one("refusals-by-artifact")):
            refused = TooManyRequests(retry_after=wait.seconds)  # not raised: an error handler is what brought us here
            return current_app.make_response(current_app.handle_user_exception(refused))
        return respond(self.protocol.refusal(asked, status), asked, self.web, successful=False)

    def _unverified(self, refused: UntrustedRequest) -> Response:
        return self.unverified.show(refused, journal)
