"""The login pages: find the pending login, make the decision, show its page.

GET  /login/<pending>    the page of the unmet requirement, or the answer

The forms are in `step_forms.py` and, those of the login methods, in `methods`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter
from config.web.forms import Problems
from config.web.prefetch import ignore_prefetch
from config.web.web_app import WebShell
from idp.accounts.devices import Devices
from idp.login.browser import Browser
from idp.login.conditions import ConditionsStep
from idp.login.flow import Answer, LoginFlow, Refuse, ShowPage, StartAgain
from idp.login.methods.base import Proof
from idp.login.methods.offered import LoginMethods
from idp.login.pending import PendingLogins, StartAgainReason, application_of, flow_id_of
from idp.login.pending_cookies import PendingCookies, link_to, path_of
from idp.login.request import LoginProtocol
from idp.login.requirements import UnmetRequirement
from idp.login.respond import respond_after_form
from idp.login.session_opener import LoggedIn, SessionOpener
from idp.login.step import Step
from idp.login.step_forms import StepForms, back_to
from idp.login.step_pages import StepPages
from idp.logout.single_logout import SingleLogout
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import ActiveSession, Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.client_info import ClientInfo
from relying_parties.registry.registry import Registry

PROOF_LIFETIME = timedelta(minutes=10)  # to choose a new password after the expired one was typed


def _back_to_login(pending: str) -> AnyResponse:
    """Redirect a GET of an address that forms are posted to: a person may reload it after a refused form."""
    return redirect(link_to(pending), 303)


class LoginPages:
    """The login views."""

    def __init__(
        self,
        *,
        web: WebShell,
        protocols: Mapping[str, LoginProtocol],
        pendings: PendingLogins,
        flow: LoginFlow,
        sessions: Sessions,
        registry: Registry,
        methods: LoginMethods,
        opener: SessionOpener,
        devices: Devices,
        logout: SingleLogout,
        conditions: ConditionsStep | None,
        issuer: str,
    ) -> None:
        self._web = web
        self.browser = Browser(web, devices)
        self._protocols = protocols
        self._pendings = pendings
        self._cookies = PendingCookies(web.cookies)
        self._forms = StepForms(web=web, cookies=self._cookies, pendings=pendings, logout=logout, conditions=conditions)
        self._pages = StepPages(web, self._cookies, methods, conditions=conditions)
        self._flow = flow
        self._sessions = sessions
        self._registry = registry
        self._methods = methods
        self._opener = opener
        self._logout = logout
        self._issuer = issuer

    def blueprint(self) -> Blueprint:
        login = Blueprint("login", __name__, url_prefix="/login")

        @login.get("/<pending>")
        def next_step(pending: str) -> AnyResponse:
            return self.with_step(pending, self._next)

        for method in self._methods.offered:
            method.add_routes(login, self)

        for action, answer in self._forms.actions.items():
            self._add_form(login, action, answer)
        posted = [action for method in self._methods.offered for action in method.actions]
        for action in (*self._forms.actions, *posted):
            login.get(f"/<pending>/{action}", endpoint=f"back_from_{action}")(_back_to_login)
        return ignore_prefetch(login)

    def _add_form(self, login: Blueprint, action: str, answer: Callable[[Step], AnyResponse]) -> None:
        @login.post(f"/<pending>/{action}", endpoint=action)
        def posted(pending: str) -> AnyResponse:
            return self.with_step(pending, answer)

    def active_session(self) -> ActiveSession | None:
        """The session of the browser that sent the current request."""
        return self._sessions.find(self._web.cookies.read(SESSION_COOKIE))

    def proven_in(self, identifier: str, method: str) -> ActiveSession | None:
        """The active session, if its person authenticated by `method` in this pending login within `PROOF_LIFETIME`."""
        active_session = self.active_session()
        factor = active_session.session.authentication.factor_of(method) if active_session else None
        if factor is None or not factor.achieved_in(flow_id_of(identifier)):
            return None
        return active_session if datetime.now(UTC) - factor.at <= PROOF_LIFETIME else None

    def signed_in(self, identifier: str, proof: Proof, *, before: ActiveSession | None) -> AnyResponse:
        """Continue a pending login after a change of password, which has ended the session `before` it."""
        active_session = self.active_session()
        application = self._registry.by_identifier(application_of(identifier))
        is_same = before is not None and before.session.account_id == proof.account_id
        logged_in = self._opener.open(
            proof,
            application=application.identifier if application else None,
            replacing=active_session.session if active_session else None,
            previous_factors=before.session.authentication if before and is_same else None,
            client=ClientInfo.of(request),
            flow_id=flow_id_of(identifier),
        )
        return self._with_session(redirect(path_of(identifier), 303), logged_in)

    def adds_to_session(self, step: Step) -> bool:
        """Whether only assurance is missing: the person of the session is to add a factor."""
        return self._flow.is_unmet(UnmetRequirement.ASSURANCE, step)

    def application_of(self, identifier: str) -> ApplicationOnPage | None:
        """The application of a pending login, for other pages that show it."""
        application = self._registry.by_identifier(application_of(identifier))
        return application_summary(application, self._web.language()) if application else None

    def registered_application(self, client_id: str) -> ApplicationOnPage | None:
        """The application with this client_id, for other pages that lead to it; None when it is suspended."""
        application = self._registry.by_identifier(client_id)
        if application is None or application.is_suspended:
            return None
        return application_summary(application, self._web.language(), issuer=self._issuer)

    # --- the pending login -------------------------------------------------------------

    def _step(self, identifier: str) -> Step | StartAgainReason:
        """The pending login, if this browser may continue it; otherwise why it must start again."""
        pending = self._pendings.find(identifier, self._cookies.read(identifier), has_cookies=bool(request.cookies))
        if isinstance(pending, StartAgainReason):
            return pending
        protocol = self._protocols[pending.protocol]
        login_request = protocol.reload(pending.request, pending.began_at)
        if login_request is None:
            return StartAgainReason.EXPIRED
        return Step(pending=pending, protocol=protocol, request=login_request, active_session=self.active_session())

    def with_step(self, identifier: str, go_on: Callable[[Step], AnyResponse]) -> AnyResponse:
        step = self._step(identifier)
        if isinstance(step, StartAgainReason):
            return self._start_again(identifier, step)
        return go_on(step)

    def _start_again(self, identifier: str, reason: StartAgainReason) -> Response:
        return self._pages.start_again(self.application_of(identifier), reason)

    # --- the decision ------------------------------------------------------------------

    def _next(self, step: Step) -> AnyResponse:
        decision = self._flow.decide(
            step.protocol, step.request, step.active_session, ClientInfo.of(request), pending=step.pending
        )
        match decision:
            case Answer(response):
                return self._finished(step, respond_after_form(response, step.request, self._web))
            case Refuse(requirement):  # a passive request by POST, whose session cookie is sent only now
                refused = step.protocol.refuse(step.request, requirement.refusal)
                return self._finished(step, respond_after_form(refused, step.request, self._web, successful=False))
            case ShowPage(requirement):
                return self._pages.show(step, requirement)
            case StartAgain(reason):
                return self._start_again(step.pending.identifier, reason)

    def _finished(self, step: Step, response: Response) -> Response:
        self._cookies.delete(response, step.pending.identifier)
        return response

    # --- forms -------------------------------------------------------------------------

    def sign_on(
        self,
        step: Step,
        *,
        method: str,
        login: str = "",
        problems: Problems = (),
        wait: RetryAfter | None = None,
    ) -> Response:
        """The sign-on page again, with the problems of an attempt by `method`, or how long to wait."""
        response = self._pages.sign_on(
            step, method=method, login=login, problems=problems, wait=wait, status=429 if wait else 422
        )
        if wait:
            response.headers["Retry-After"] = str(wait.seconds)
        return response

    def proven(self, step: Step, proof: Proof) -> AnyResponse:
        """Add the factor to the browser's session, or open one, and return to the decision."""
        session = step.active_session.session if step.active_session else None
        if proof.factor.type.alone is None and (session is None or session.account_id != proof.account_id):
            return back_to(step)  # a second factor opens nothing by itself
        logged_in = self._opener.open(
            proof,
            application=application_of(step.pending.identifier),
            replacing=session,
            client=ClientInfo.of(request),
            flow_id=step.pending.flow_id,
        )
        response = self._with_session(back_to(step), logged_in)
        self.browser.remember_method(response, proof.factor.type)
        return response

    def _with_session(self, response: AnyResponse, logged_in: LoggedIn) -> AnyResponse:
        """Set the session cookie and the device cookie.

        The cookie may replace that of an expired session, whose applications then belong to the new session, or are
        logged out when the person is another one.
        """
        expired = self._sessions.find_expired(self._web.cookies.read(SESSION_COOKIE))
        if expired is not None and expired.sid != logged_in.session.sid:
            if expired.account_id == logged_in.session.account_id:
                self._sessions.transfer_participations(expired, logged_in.session)
            else:
                self._logout.begin(
                    [expired], by=EndedBy.ANOTHER_PERSON, client=ClientInfo.of(request), has_browser=False
                )
        self._web.cookies.set(response, SESSION_COOKIE, logged_in.cookie)
        return self.browser.remember_device(
            response,
            login=logged_in.login,
            account_id=logged_in.session.account_id,
            valid_from=logged_in.session.account_valid_from,
        )
