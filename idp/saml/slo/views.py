"""The endpoints of single logout by SAML.

GET, POST /saml/logout        a LogoutRequest or a LogoutResponse, carried by a browser
POST      /saml/logout/soap   a LogoutRequest, sent by the server of a service provider

A signed request needs no cookie: its NameID and SessionIndex identify the session (Profiles,
section 4.4.3.1). So another site, or a server, may send it.
"""

import logging
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.csrf import accepts_cross_site_posts
from config.web.pages import render
from config.web.prefetch import ignore_prefetch
from config.web.responses import see_other
from config.web.web_app import WebShell
from idp.logout.logout_request import ReturnPolicy, ReturnTo
from idp.logout.pages import GoingBackPage
from idp.logout.records import Logout
from idp.logout.single_logout import SingleLogout, is_complete
from idp.saml.bindings.messages import Parameter, Received, by_post, by_redirect, posted_form
from idp.saml.bindings.soap_over_http import add_soap_endpoint, soap_answer, soap_body
from idp.saml.errors import LOGOUT_MESSAGES, SamlFault
from idp.saml.slo.logout import SamlLogout, reply_parameters
from idp.saml.slo.reader import LogoutReader, LogoutRequest
from idp.saml.vocabulary import PROTOCOL
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import Sessions
from idp.web.application_summary import application_summary
from idp.web.client_info import ClientInfo
from idp.web.form_policy import with_form_action
from idp.web.untrusted_request import UntrustedRequest
from idp.web.untrusted_request_pages import UntrustedRequestPages

_ACCEPTED_PARAMETERS = (Parameter.REQUEST.value, Parameter.RESPONSE.value)
_LOGOUT = re.compile(r"[A-Za-z0-9_-]{32}\Z")

journal = logging.getLogger("poterne.saml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlLogoutViews:
    """The endpoints and their dependencies."""

    web: WebShell
    reader: LogoutReader
    protocol: SamlLogout
    logout: SingleLogout
    sessions: Sessions
    untrusted_requests: UntrustedRequestPages

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml_logout", __name__, url_prefix="/saml/logout")

        @saml.get("")
        def by_query() -> AnyResponse:
            return self._dispatch(by_redirect(request.query_string.decode("latin-1")))

        @saml.post("")
        @accepts_cross_site_posts
        def by_form() -> AnyResponse:
            return self._dispatch(by_post(posted_form()))

        add_soap_endpoint(
            saml, "/soap", self._by_soap, message="LogoutRequest", untrusted_requests=self.untrusted_requests
        )
        saml.register_error_handler(UntrustedRequest, self._untrusted_request)
        return ignore_prefetch(saml)

    def _dispatch(self, received: Received) -> AnyResponse:
        now = datetime.now(UTC)
        if received.parameter is Parameter.REQUEST:
            return self._on_request(self.reader.request(received, now, address=ClientInfo.of(request).address))
        if received.parameter is Parameter.RESPONSE:
            return self._on_response(received, now)
        raise UntrustedRequest(
            SamlFault.REQUEST_MALFORMED, received=received.parameter.value, expected=_ACCEPTED_PARAMETERS
        )

    # --- LogoutRequest -------------------------------------------------------------------

    def _on_request(self, logout_request: LogoutRequest) -> Response:
        if logout_request.refusal is not None:
            return self._refused(logout_request)
        return see_other(self._begin(logout_request, has_browser=True).path)

    def _begin(self, logout_request: LogoutRequest, *, has_browser: bool) -> Logout:
        """End the sessions that the request identifies, and begin to notify the other applications."""
        identifier = logout_request.application.identifier
        return self.logout.begin(
            [session for sid in logout_request.sids if (session := self.sessions.by_sid(sid)) is not None],
            by=EndedBy.APPLICATION,
            client=ClientInfo.of(request),
            initiator=f"{PROTOCOL}:{identifier}",
            return_to=ReturnTo(
                protocol=PROTOCOL,
                identifier=identifier,
                policy=ReturnPolicy.ALWAYS,
                request=reply_parameters(logout_request),
            ),
            has_browser=has_browser,
        )

    def _refused(self, logout_request: LogoutRequest) -> Response:
        """Send the refusal to the service provider, at an address of its metadata."""
        assert logout_request.refusal is not None  # noqa: S101
        _note(logout_request)
        response = self.protocol.refusal(logout_request, logout_request.refusal)
        if response is None:
            raise UntrustedRequest(SamlFault.LOGOUT_UNKNOWN, home_url=logout_request.application.home_url)
        page = GoingBackPage(
            application=application_summary(logout_request.application, self.web.language()),
            response=response,
            successful=False,
        )
        return with_form_action(render(page), response)

    def _by_soap(self) -> Response:
        """Answer a LogoutRequest by SOAP. Without a browser, some applications cannot be notified: PartialLogout."""
        logout_request = self.reader.request_by_soap(
            soap_body(), datetime.now(UTC), address=ClientInfo.of(request).address
        )
        if logout_request.refusal is not None:
            _note(logout_request)
            return soap_answer(self.protocol.answer_by_soap(logout_request, logout_request.refusal))
        logout = self.logout.await_results(self._begin(logout_request, has_browser=False))
        return soap_answer(
            self.protocol.answer_by_soap(logout_request, self.protocol.outcome(complete=is_complete(logout)))
        )

    # --- LogoutResponse ------------------------------------------------------------------

    def _on_response(self, received: Received, now: datetime) -> Response:
        """Continue the logout. It continues also after a response that is refused, which confirms nothing."""
        try:
            logout = self._confirmed(received, now)
        except UntrustedRequest as refused:
            if received.relay_state is None or not _LOGOUT.match(received.relay_state):
                raise
            journal.warning("logout response refused", extra={"fault": str(refused.fault)})
            return see_other(f"/logout/{received.relay_state}")
        return see_other(logout.path)

    def _confirmed(self, received: Received, now: datetime) -> Logout:
        """The logout, updated with the response of the service provider.

        Raises:
            UntrustedRequest: the response is refused, or no logout waits for it.
        """
        answer = self.reader.response(received, now, address=ClientInfo.of(request).address)
        logout = self.logout.front_channel.receive_response(
            answer.in_response_to, by=answer.application.identifier, confirmed=answer.confirmed
        )
        if logout is None:
            raise UntrustedRequest(SamlFault.RESPONSE_UNEXPECTED, home_url=answer.application.home_url)
        return logout

    def _untrusted_request(self, refused: UntrustedRequest) -> Response:
        return self.untrusted_requests.show(refused, journal, words=LOGOUT_MESSAGES.get(str(refused.fault), ""))


def _note(logout_request: LogoutRequest) -> None:
    """Log why the request identifies no session."""
    journal.warning(
        "logout refused", extra={"application": logout_request.application.identifier, "reason": logout_request.reason}
    )
