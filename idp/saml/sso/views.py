"""The endpoints of web browser single sign-on by SAML.

GET, POST /saml/sso                  an AuthnRequest, by HTTP-Redirect, HTTP-POST or HTTP-Artifact
GET       /saml/start/<identifier>   a login that starts here, if the registration allows it
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
from idp.saml.sso.protocol import SamlProtocol
from idp.saml.sso.refusals import REFUSALS
from idp.sessions.session import Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request import UntrustedRequest
from idp.web.untrusted_request_pages import UntrustedRequestPages
from relying_parties.sp_metadata.service_provider import Binding

_ACCEPTED_PARAMETERS = (Parameter.REQUEST.value, Parameter.ARTIFACT.value)

journal = logging.getLogger("poterne.saml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlViews:
    """The endpoints and their dependencies."""

    web: WebShell
    protocol: SamlProtocol
    fetching: ArtifactFetching
    sessions: Sessions
    devices: Devices
    flow: LoginFlow
    start: LoginStart
    untrusted_requests: UntrustedRequestPages

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml", __name__, url_prefix="/saml")

        @saml.get("/sso")
        def sso() -> AnyResponse:
            return self._answer(self._read(by_redirect(request.query_string.decode("latin-1"))))

        @saml.post("/sso")
        @accepts_cross_site_posts
        def sso_by_post() -> AnyResponse:
            """Begin a login without looking for a session: a POST from another site has no Lax cookies."""
            return self._begin(self._read(by_post(posted_form())))

        @saml.get("/start/<identifier>")
        def start(identifier: str) -> AnyResponse:
            return self._answer(
                self.protocol.unsolicited(identifier, request.args.getlist("target"), datetime.now(UTC))
            )

        saml.app_errorhandler(RefusedAtServiceProvider)(self._refused_at_service_provider)
        saml.register_error_handler(UntrustedRequest, self._untrusted_request)
        return ignore_prefetch(saml)

    def _read(self, received: Received) -> AuthnRequest:
        if received.parameter is Parameter.ARTIFACT:
            address = ClientInfo.of(request).address
            device = self.devices.identifier(self.web.cookies.read(DEVICE_COOKIE))
            received = self.fetching.fetch(received, Visit(address=address, client=address, device=device))
        if received.parameter is not Parameter.REQUEST:
            raise UntrustedRequest(
                SamlFault.REQUEST_MALFORMED, received=received.parameter.value, expected=_ACCEPTED_PARAMETERS
            )
        return self.protocol.read(received, datetime.now(UTC), address=ClientInfo.of(request).address)

    def _answer(self, authn_request: AuthnRequest) -> AnyResponse:
        """Answer at once if the session meets every requirement; otherwise begin a login."""
        session = self.sessions.find(self.web.cookies.read(SESSION_COOKIE))
        match self.flow.decide(self.protocol, authn_request, session, ClientInfo.of(request)):
            case Answer(response):
                return respond(response, authn_request, self.web)
            case Refuse(requirement):
                return self._refuse(authn_request, REFUSALS[requirement.refusal])
        return self._begin(authn_request)

    def _begin(self, authn_request: AuthnRequest) -> AnyResponse:
        """Begin a login, and record the ID of the request as used.

        If the network has recorded too many IDs, this one is recorded only with the answer. The ID of a throttled
        request is not recorded, so that the request may be sent again.
        """
        records_use = self.start.count_one("saml-requests") is None
        begun = self.protocol.require_new(authn_request, records_use=records_use)
        try:
            return self.start.begin(begun)
        except TooManyRequests:
            if records_use:
                self.protocol.revoke(authn_request)
            raise

    # --- refusals ------------------------------------------------------------------

    def _refused_at_service_provider(self, refused: RefusedAtServiceProvider) -> Response:
        """Handle a refusal, raised when a request was read or, at the end of a login, when it was answered."""
        authn_request = refused.request
        journal.warning(
            "request refused", extra={"fault": refused.reason, "application": authn_request.application.identifier}
        )
        return self._refuse(authn_request, refused.status)

    def _refuse(self, authn_request: AuthnRequest, status: Status) -> Response:
        """Send a refusal. Those by artifact are stored for the service provider, so their number is limited."""
        is_stored = authn_request.parameters.consumer_binding == Binding.ARTIFACT
        if is_stored and (wait := self.start.count_one("refusals-by-artifact")):
            refused = TooManyRequests(retry_after=wait.seconds)
            # An error handler calls us: an exception would not reach another one.
            return current_app.make_response(current_app.handle_user_exception(refused))
        return respond(self.protocol.refusal(authn_request, status), authn_request, self.web, successful=False)

    def _untrusted_request(self, refused: UntrustedRequest) -> Response:
        return self.untrusted_requests.show(refused, journal)
