"""The login pages: find the pending login, ask for the decision, show its page.

GET  /login/<pending>             the page that what is missing asks for, or the answer
POST /login/<pending>/confirm     this is me / this is not me
POST /login/<pending>/prolong     the whole time again
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter, Visit
from config.web.forms import FormProblems, Problems, form_field, read_form
from config.web.prefetch import ignore_prefetch
from config.web.responses import see_other
from config.web.web_app import WebShell
from idp.accounts.devices import DEVICE_COOKIE, KEPT_FOR, Devices
from idp.accounts.login_throttle import Attempt
from idp.login.flow import Answer, LoginFlow, Refuse, ShowPage, StartAgain
from idp.login.methods.base import Proof
from idp.login.methods.offered import LoginMethods
from idp.login.pending import PendingLogins, Sealed, StartAgainReason, application_named_in, flow_id_of
from idp.login.pending_cookies import PendingCookies, path_of
from idp.login.request import LoginProtocol
from idp.login.respond import respond_after_form
from idp.login.session_opener import LoggedIn, SessionOpener
from idp.login.step import Step
from idp.login.step_pages import StepPages, person_shown
from idp.logout.single_logout import SingleLogout
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import ActiveSession, Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.client_info import ClientInfo
from relying_parties.registry.registry import Registry

PROOF_KEPT_FOR = timedelta(minutes=10)  # to find a new password, once the one that has expired was typed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmForm:
    choice: str = form_field(longest=16)
    person: str = form_field(longest=64, optional=True)


def _back_to_login(pending: str) -> AnyResponse:
    """Enter in the address bar after a refused form: a GET of what is only posted."""
    return redirect(path_of(quote(pending, safe=":~")), 303)


class LoginPages:
    """The login views and what they need."""

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
        card_announced: bool,
    ) -> None:
        self._web = web
        self._protocols = protocols
        self._pendings = pendings
        self._kept = PendingCookies(web.cookies)
        self._pages = StepPages(web, self._kept, methods, card_announced=card_announced)
        self._flow = flow
        self._sessions = sessions
        self._registry = registry
        self._methods = methods
        self._opener = opener
        self._devices = devices
        self._logout = logout

    def blueprint(self) -> Blueprint:
        login = Blueprint("login", __name__, url_prefix="/login")

        @login.get("/<pending>")
        def next_step(pending: str) -> AnyResponse:
            return self.with_step(pending, self._next)

        for method in self._methods.offered:
            method.add_routes(login, self)

        @login.post("/<pending>/confirm")
        def confirm(pending: str) -> AnyResponse:
            return self.with_step(pending, self._confirm)

        @login.post("/<pending>/prolong")
        def prolong(pending: str) -> AnyResponse:
            return self.with_step(pending, self._prolong)

        posted = [action for method in self._methods.offered for action in method.actions]
        for action in ("confirm", "prolong", *posted):
            login.get(f"/<pending>/{action}", endpoint=f"back_from_{action}")(_back_to_login)
        return ignore_prefetch(login)

    def active_session(self) -> ActiveSession | None:
        """The session of the browser that sent the present request."""
        return self._sessions.find(self._web.cookies.read(SESSION_COOKIE))

    def proven_in(self, identifier: str, method: str) -> ActiveSession | None:
        """The session whose person proved by `method` who they are, in this pending login and not long ago."""
        active_session = self.active_session()
        factor = active_session.session.authentication.factor_of(method) if active_session else None
        if factor is None or not factor.achieved_in(flow_id_of(identifier)):
            return None
        return active_session if datetime.now(UTC) - factor.at <= PROOF_KEPT_FOR else None

    def signed_in(self, identifier: str, proof: Proof, *, before: ActiveSession | None) -> AnyResponse:
        """Go on with a pending login after a change of password, which has ended the session `before` it."""
        active_session, application = (
            self.active_session(),
            self._registry.by_identifier(application_named_in(identifier)),
        )
        is_same = before is not None and before.session.account_id == proof.account_id
        logged_in = self._opener.open(
            proof,
            application=application.identifier if application else None,
            replacing=active_session.session if active_session else None,
            carried=before.session.authentication if before and is_same else None,
            client=ClientInfo.of(request),
            flow_id=flow_id_of(identifier),
        )
        return self._with_session(redirect(path_of(identifier), 303), logged_in)

    def attempt(self, login: str) -> Attempt:
        """A password about to be tried on `login` by the browser that sent the present request."""
        return Attempt(
            login=login,
            address=ClientInfo.of(request).address,
            client=self._web.forms.browser(),
            device=self._devices.identifier_for(self._web.cookies.read(DEVICE_COOKIE), login),
        )

    def visit(self) -> Visit:
        """Who sent the present request, for limits that concern no account."""
        device = self._devices.identifier(self._web.cookies.read(DEVICE_COOKIE))
        return Visit(address=ClientInfo.of(request).address, client=self._web.forms.browser(), device=device)

    def with_device_cookie(
        self, response: AnyResponse, *, login: str, account_id: str, valid_from: datetime
    ) -> AnyResponse:
        """The response to someone who has just proved that the account is theirs: this browser is known from now on."""
        cookie = self._devices.remember(
            self._web.cookies.read(DEVICE_COOKIE), login=login, account_id=account_id, valid_from=valid_from
        )
        self._web.cookies.set(response, DEVICE_COOKIE, cookie, lifetime=KEPT_FOR)
        return response

    def application_of(self, identifier: str) -> ApplicationOnPage | None:
        """The application a pending login is for, for pages met on the way."""
        application = self._registry.by_identifier(application_named_in(identifier))
        return application_summary(application, self._web.language()) if application else None

    # --- where a login stands ----------------------------------------------------------

    def _step(self, identifier: str) -> Step | StartAgainReason:
        """The pending login, if this browser may go on with it; otherwise why not."""
        pending = self._pendings.find(identifier, self._kept.read(identifier), has_cookies=bool(request.cookies))
        if isinstance(pending, StartAgainReason):
            return pending
        protocol = self._protocols[pending.protocol]
        read = protocol.reload(pending.request, pending.began_at)
        if read is None:
            return StartAgainReason.EXPIRED
        return Step(pending=pending, protocol=protocol, request=read, active_session=self.active_session())

    def with_step(self, identifier: str, go_on: Callable[[Step], AnyResponse]) -> AnyResponse:
        step = self._step(identifier)
        if isinstance(step, StartAgainReason):
            return self._start_again(identifier, step)
        return go_on(step)

    def _start_again(self, identifier: str, reason: StartAgainReason) -> Response:
        return self._pages.start_again(self.application_of(identifier), reason)

    # --- what comes next ---------------------------------------------------------------

    def _next(self, step: Step) -> AnyResponse:
        decision = self._flow.decide(
            step.protocol, step.request, step.active_session, ClientInfo.of(request), pending=step.pending
        )
        match decision:
            case Answer(response):
                return self._finished(step, respond_after_form(response, step.request, self._web))
            case Refuse(requirement):  # a request by POST came without our cookies, which are here now
                refused = step.protocol.refuse(step.request, requirement.refusal)
                return self._finished(step, respond_after_form(refused, step.request, self._web, successful=False))
            case ShowPage(requirement):
                return self._pages.missing(step, requirement)
            case StartAgain(reason):
                return self._start_again(step.pending.identifier, reason)

    def _finished(self, step: Step, response: Response) -> Response:
        self._kept.finished(response, step.pending.identifier)
        return response

    # --- what the person does ----------------------------------------------------------

    def sign_on(
        self, step: Step, *, login: str = "", problems: Problems = (), wait: RetryAfter | None = None
    ) -> Response:
        """The sign-on page again, with what was wrong with an attempt, or how long to wait."""
        response = self._pages.sign_on(step, login=login, problems=problems, wait=wait, status=429 if wait else 422)
        if wait:
            response.headers["Retry-After"] = str(wait.seconds)
        return response

    def proven(self, step: Step, proof: Proof) -> AnyResponse:
        """Add the factor to the browser's session, or open one, and return to the decision."""
        session = step.active_session.session if step.active_session else None
        if proof.factor.type.alone is None and (session is None or session.account_id != proof.account_id):
            return self._again(step)  # a second factor opens nothing by itself
        logged_in = self._opener.open(
            proof,
            application=application_named_in(step.pending.identifier),
            replacing=session,
            client=ClientInfo.of(request),
            flow_id=step.pending.flow_id,
        )
        return self._with_session(self._again(step), logged_in)

    def _confirm(self, step: Step) -> AnyResponse:
        """'This is not me' ends the session: the next person starts from the sign-on page.

        Either is said of the person who was shown: when somebody else has logged in since, the page comes again.
        """
        form = read_form(ConfirmForm)
        response = self._again(step)
        if isinstance(form, FormProblems) or step.active_session is None:
            return response
        if not secrets.compare_digest(form.person, person_shown(step.pending, step.active_session)):
            return response
        if form.choice == "continue":
            self._keep(response, self._pendings.confirm_identity(step.pending, step.active_session.session.sid))
        else:
            self._logout.begin(
                [step.active_session.session],
                by=EndedBy.NOT_THIS_PERSON,
                client=ClientInfo.of(request),
                login=step.active_session.snapshot.login,
                has_browser=False,
            )
            self._web.cookies.forget(response, SESSION_COOKIE)
        return response

    def _prolong(self, step: Step) -> AnyResponse:
        response = self._again(step)
        self._keep(response, self._pendings.prolong(step.pending))
        return response

    def _again(self, step: Step) -> Response:
        return see_other(path_of(step.pending.identifier))

    def _keep(self, response: Response, sealed: Sealed) -> None:
        self._kept.set(response, sealed.pending.identifier, sealed.cookie)

    def _with_session(self, response: AnyResponse, logged_in: LoggedIn) -> AnyResponse:
        """With the new cookie. One of a session that had lapsed is lost by it, and what that had opened is not."""
        lapsed = self._sessions.find_expired(self._web.cookies.read(SESSION_COOKIE))
        if lapsed is not None and lapsed.sid != logged_in.session.sid:
            if lapsed.account_id == logged_in.session.account_id:
                self._sessions.transfer_participations(lapsed, logged_in.session)
            else:
                self._logout.begin(
                    [lapsed], by=EndedBy.ANOTHER_PERSON, client=ClientInfo.of(request), has_browser=False
                )
        self._web.cookies.set(response, SESSION_COOKIE, logged_in.cookie)
        return self.with_device_cookie(
            response,
            login=logged_in.login,
            account_id=logged_in.session.account_id,
            valid_from=logged_in.session.account_valid_from,
        )
