"""The front page, the account page, and logout requested here or by OpenID Connect."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.pages import render
from config.web.prefetch import ignore_prefetch
from config.web.web_app import WebShell
from idp.account_pages.session_pages import ApplicationInSession, HomePage, SessionPage
from idp.login.flow import Answer, LoginFlow
from idp.login.internal_pages import ACCOUNT, InternalPages
from idp.login.start import LoginStart
from idp.logout.logout_request import LogoutRequest, RefusedReturn, ReturnPolicy, ReturnTo
from idp.logout.pages import ConfirmLogoutPage, SignedOutPage
from idp.logout.protocol import Outcome
from idp.logout.records import LogoutTarget
from idp.logout.single_logout import SingleLogout, other_targets
from idp.logout.views import LogoutPages
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import ActiveSession, Session, Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request_pages import UntrustedRequestPages
from relying_parties.registry.registry import Registry

journal = logging.getLogger("poterne.logout")

MESSAGE_FIELD = "request"
NOTHING_TO_END = "/logout/done"


class SessionPages:
    """The session views. `read_logout` reads the logout request of a query (OpenID Connect)."""

    def __init__(
        self,
        *,
        web: WebShell,
        sessions: Sessions,
        registry: Registry,
        flow: LoginFlow,
        start: LoginStart,
        logout: SingleLogout,
        read_logout: Callable[[str], LogoutRequest],
        untrusted_requests: UntrustedRequestPages,
        more_access_url: str,
    ) -> None:
        self._web = web
        self._sessions = sessions
        self._registry = registry
        self._flow = flow
        self._start = start
        self._logout = logout
        self._read_logout = read_logout
        self._untrusted_requests = untrusted_requests
        self._more_access_url = more_access_url
        self._pages = LogoutPages(web=web, logout=logout, sessions=sessions, registry=registry)
        self._internal = InternalPages()

    def blueprint(self) -> Blueprint:
        pages = Blueprint("sessions", __name__)

        @pages.get("/")
        def home() -> Response:
            active_session = self._active_session()
            return render(HomePage(display_name=active_session.snapshot.display_name if active_session else None))

        @pages.get(ACCOUNT.path)
        def session() -> AnyResponse:
            return self._session()

        @pages.get("/logout")
        def log_out() -> AnyResponse:
            return self.log_out(self._read_logout(""))

        @pages.post("/logout")
        def log_out_confirmed() -> AnyResponse:
            message = request.form.get(MESSAGE_FIELD, "")
            active_session = self._active_session()
            if active_session is None and self._expired_session() is None:
                return redirect(f"{NOTHING_TO_END}?{urlencode({MESSAGE_FIELD: message})}", 303)
            return self._log_out(self._read_logout(message), active_session, is_proven=False)

        @pages.get(NOTHING_TO_END)
        def nothing_to_end() -> AnyResponse:
            return self._nothing_to_end(self._read_logout(request.args.get(MESSAGE_FIELD, "")))

        pages.register_blueprint(self._pages.blueprint())
        return ignore_prefetch(pages)

    def log_out(self, logout_request: LogoutRequest) -> AnyResponse:
        """Log out at once when the request proves that it means this browser's session; otherwise ask the person."""
        active_session = self._active_session()
        session = active_session.session if active_session else self._expired_session()
        if session is not None and not logout_request.proves(session):
            return self._confirm(logout_request, active_session)
        return self._log_out(logout_request, active_session, is_proven=True)

    def _active_session(self) -> ActiveSession | None:
        return self._sessions.find(self._web.cookies.read(SESSION_COOKIE))

    def _expired_session(self) -> Session | None:
        """The browser's session after it has expired, if it had opened applications, which may still be open."""
        session = self._sessions.find_expired(self._web.cookies.read(SESSION_COOKIE))
        return session if session and self._sessions.participations(session.sid) else None

    def _session(self) -> AnyResponse:
        login_request = self._internal.read(ACCOUNT, datetime.now(UTC))
        active_session = self._active_session()
        decision = self._flow.decide(self._internal, login_request, active_session, ClientInfo.of(request))
        if active_session is None or not isinstance(decision, Answer):
            return self._start.begin(login_request)
        self._sessions.touch(active_session.session)
        session, language = active_session.session, self._web.language()
        applications = [
            (application, participation.first_used)
            for participation in self._sessions.participations(session.sid)
            if (application := self._registry.by_identifier(participation.identifier))
        ]
        return render(
            SessionPage(
                display_name=active_session.snapshot.display_name,
                login=active_session.snapshot.login,
                method=session.authentication.assurance,
                started_at=session.started_at,
                ends_at=session.ends_at,
                idle_at=active_session.idle_at,
                applications=tuple(
                    ApplicationInSession(
                        name=application.display_name.in_language(language),
                        home_url=application.home_url,
                        first_used=first_used,
                    )
                    for application, first_used in applications
                ),
                more_access_url=self._more_access_url,
            )
        )

    def _confirm(self, logout_request: LogoutRequest, active_session: ActiveSession | None) -> Response:
        page = ConfirmLogoutPage(
            display_name=active_session.snapshot.display_name if active_session else None,
            application=self._application(logout_request),
            hidden=((MESSAGE_FIELD, logout_request.message),),
        )
        return render(page, language=" ".join(logout_request.languages))

    def _log_out(
        self, logout_request: LogoutRequest, active_session: ActiveSession | None, *, is_proven: bool
    ) -> AnyResponse:
        """End the session, have its applications notified, and show the result or return to the application."""
        session = active_session.session if active_session else self._expired_session()
        if session is None:
            has_return = logout_request.return_url is not None
            return self._back_to_application(logout_request) if has_return else self._nothing_to_end(logout_request)
        logout = self._logout.begin(
            [session],
            by=EndedBy.LOGOUT,
            client=ClientInfo.of(request),
            login=active_session.snapshot.login if active_session else None,
            initiator=_initiator(logout_request, session),
            return_to=_return_to(logout_request, is_proven=is_proven),
            refused_return=self._refused_return(logout_request),
            languages=logout_request.languages,
            browser=self._web.forms.browser(),
        )
        needs_browser = not all(needs_no_browser(target) for target in other_targets(logout))
        if is_proven and logout_request.return_url and not needs_browser:
            return self._back_to_application(logout_request)
        return self._pages.begun(logout)

    def _back_to_application(self, logout_request: LogoutRequest) -> AnyResponse:
        assert logout_request.return_url is not None  # noqa: S101 - both callers check it
        return self._without_session(redirect(logout_request.return_url, 303))

    def _nothing_to_end(self, logout_request: LogoutRequest) -> AnyResponse:
        """Without a session, the page cannot say which applications are open."""
        active_session = self._active_session()
        page = SignedOutPage(
            application=self._application(logout_request),
            return_url=logout_request.return_url,
            display_name=active_session.snapshot.display_name if active_session else None,
            session_ended=False,
            refused_return=self._refused_return(logout_request),
        )
        response = render(page, language=" ".join(logout_request.languages))
        return response if active_session else self._without_session(response)

    def _refused_return(self, logout_request: LogoutRequest) -> RefusedReturn | None:
        """Why the browser cannot return to the application; the fault record under the reference has the address."""
        if (refused := logout_request.refused_return) is None:
            return None
        return RefusedReturn(code=refused.fault.value, reference=self._untrusted_requests.record(refused, journal))

    def _without_session(self, response: AnyResponse) -> AnyResponse:
        self._web.cookies.delete(response, SESSION_COOKIE)
        return response

    def _application(self, logout_request: LogoutRequest) -> ApplicationOnPage | None:
        application = logout_request.application
        return application_summary(application, self._language(logout_request)) if application else None

    def _language(self, logout_request: LogoutRequest) -> str:
        return self._web.language(" ".join(logout_request.languages))


def _initiator(logout_request: LogoutRequest, session: Session) -> str | None:
    """The application that requested the logout, if it proved that it means this session: it is not listed as open."""
    if logout_request.application is None or not logout_request.proves(session):
        return None
    return f"{logout_request.protocol}:{logout_request.application.identifier}"


def _return_to(logout_request: LogoutRequest, *, is_proven: bool) -> ReturnTo | None:
    if logout_request.application is None or logout_request.return_url is None:
        return None
    return ReturnTo(
        protocol=logout_request.protocol,
        identifier=logout_request.application.identifier,
        policy=ReturnPolicy.WHEN_COMPLETE if is_proven else ReturnPolicy.BY_LINK,
        request={"url": logout_request.return_url},
    )


def needs_no_browser(target: LogoutTarget) -> bool:
    """Whether the application is notified, or was, without the person's browser or attention."""
    return target.outcome in (Outcome.CLOSED, Outcome.NOTIFYING)
