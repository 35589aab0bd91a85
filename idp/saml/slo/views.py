"""Single logout by SAML: where logout messages come in, and what they lead to.

GET, POST /saml/logout        a LogoutRequest or a LogoutResponse, brought by a browser
POST      /saml/logout/soap   a LogoutRequest from a service provider's own server

A signed request needs no cookie: the session is found by what it names (Profiles,
section 4.4.3.1), so that it may come from another site, or from no browser at all.
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
from idp.web.untrusted_request_pages import UnverifiedPages

_ACCEPTED_PARAMETERS = (Parameter.REQUEST.value, Parameter.RESPONSE.value)
_LOGOUT = re.compile(r"[A-Za-z0-9_-]{32}\Z")

journal = logging.getLogger("poterne.saml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlLogoutViews:
    """The endpoints and what they need."""

    web: WebShell
    reader: LogoutReader
    protocol: SamlLogout
    logout: SingleLogout
    sessions: Sessions
    unverified: UnverifiedPages

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml_logout", __name__, url_prefix="/saml/logout")

        @saml.get("")
        def by_query() -> AnyResponse:
            return self._dispatch(by_redirect(request.query_string.decode("latin-1")))

        @saml.post("")
        @accepts_cross_site_posts
        def by_form() -> AnyResponse:
            return self._dispatch(by_post(posted_form()))

        add_soap_endpoint(saml, "/soap", self._by_soap, message="LogoutRequest", unverified=self.unverified)
        saml.register_error_handler(UntrustedRequest, self._unverified)
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

    # --- a service provider asks ---------------------------------------------------------

    def _on_request(self, logout_request: LogoutRequest) -> Response:
        if logout_request.refusal is not None:
            return self._refused(logout_request)
        return see_other(self._begin(logout_request, has_browser=True).path)

    def _begin(self, logout_request: LogoutRequest, *, has_browser: bool) -> Logout:
        """The sessions it names end here, first; those that are over already need nothing."""
        identifier = logout_request.application.identifier
        return self.logout.begin(
            [session for sid in logout_request.sids if (session := self.sessions.by_sid(sid)) is not None],
            by=EndedBy.APPLICATION,
            client=ClientInfo.of(request),
            asked_by=f"{PROTOCOL}:{identifier}",
            back=ReturnTo(
                protocol=PROTOCOL,
                identifier=identifier,
                going=ReturnPolicy.ALWAYS,
                asked=reply_parameters(logout_request),
            ),
            has_browser=has_browser,
        )

    def _refused(self, logout_request: LogoutRequest) -> Response:
        """The service provider is told, at the address that its metadata has."""
        assert logout_request.refusal is not None  # noqa: S101
        _note(logout_request)
        departure = self.protocol.refusal(logout_request, logout_request.refusal)
        if departure is None:
            raise UntrustedRequest(SamlFault.LOGOUT_UNKNOWN, home_url=logout_request.application.home_url)
        page = GoingBackPage(
            application=application_summary(logout_request.application, self.web.language()),
            departure=departure,
            successful=False,
        )
        return with_form_action(render(page), departure)

    def _by_soap(self) -> Response:
        """No browser: those that can only be told by one are not, and the answer says so."""
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

    # --- a service provider answers ------------------------------------------------------

    def _on_response(self, received: Received, now: datetime) -> Response:
        """Whoever comes back goes on, whatever their application answered; only what is genuine is believed."""
        try:
            logout = self._confirmed(received, now)
        except UntrustedRequest as refused:
            if received.relay_state is None or not _LOGOUT.match(received.relay_state):
                raise
            journal.warning("logout response refused", extra={"fault": str(refused.fault)})
            return see_other(f"/logout/{received.relay_state}")
        return see_other(logout.path)

    def _confirmed(self, received: Received, now: datetime) -> Logout:
        """The logout that goes on, with what the service provider has answered.

        Raises:
            UntrustedRequest: it is not genuine, or nothing waits for it (any more).
        """
        answer = self.reader.response(received, now, address=ClientInfo.of(request).address)
        logout = self.logout.answered(
            answer.in_response_to, by=answer.application.identifier, confirmed=answer.confirmed
        )
        if logout is None:
            raise UntrustedRequest(SamlFault.RESPONSE_UNEXPECTED, home_url=answer.application.home_url)
        return logout

    def _unverified(self, refused: UntrustedRequest) -> Response:
        return self.unverified.show(refused, journal, words=LOGOUT_MESSAGES.get(str(refused.fault), ""))


def _note(logout_request: LogoutRequest) -> None:
    """For an operator: by which of its names the application does not know the session."""
    journal.warning(
        "logout refused", extra={"application": logout_request.application.identifier, "reason": logout_request.reason}
    )
