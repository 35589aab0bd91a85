"""The front page, my session, and signing out: the pages about the session itself."""

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
from idp.accounts.attributes import displayed
from idp.login.flow import Answer, LoginFlow
from idp.login.internal_pages import ACCOUNT, InternalPages
from idp.login.start import LoginStart
from idp.logout.logout_request import LogoutRequest, RefusedReturn, ReturnPolicy, ReturnTo
from idp.logout.pages import ConfirmLogoutPage, SignedOutPage
from idp.logout.protocol import Outcome
from idp.logout.records import LogoutTarget
from idp.logout.single_logout import SingleLogout, others
from idp.logout.views import LogoutPages
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import ActiveSession, Session, Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.application_summary import application_summary
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request_pages import UntrustedRequestPages
from relying_parties.registry.registry import Registry

journal = logging.getLogger("poterne.logout")

MESSAGE_FIELD = "request"
NOTHING_TO_END = "/logout/done"


class SessionPages:
    """The session views and what they need. `read_logout` reads a protocol's logout request."""

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
    ) -> None:
        self._web = web
        self._sessions = sessions
        self._registry = registry
        self._flow = flow
        self._start = start
        self._logout = logout
        self._read_logout = read_logout
        self._untrusted_requests = untrusted_requests
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
        def ask() -> AnyResponse:
            return self.log_out(self._read_logout(""))

        @pages.post("/logout")
        def log_out() -> AnyResponse:
            message = request.form.get(MESSAGE_FIELD, "")
            active_session = self._active_session()
            if active_session is None and self._lapsed() is None:
                return redirect(f"{NOTHING_TO_END}?{urlencode({MESSAGE_FIELD: message})}", 303)
            return self._ended(self._read_logout(message), active_session, certain=False)

        @pages.get(NOTHING_TO_END)
        def nothing_to_end() -> AnyResponse:
            return self._nothing_to_end(self._read_logout(request.args.get(MESSAGE_FIELD, "")))

        pages.register_blueprint(self._pages.blueprint())
        return ignore_prefetch(pages)

    def log_out(self, asked: LogoutRequest) -> AnyResponse:
        """What a logout request leads to: done and back, or a question to the person."""
        active_session = self._active_session()
        session = active_session.session if active_session else self._lapsed()
        if session is not None and not asked.certainly_for(session):
            return self._confirm(asked, active_session)
        return self._ended(asked, active_session, certain=True)

    def _active_session(self) -> ActiveSession | None:
        return self._sessions.find(self._web.cookies.read(SESSION_COOKIE))

    def _lapsed(self) -> Session | None:
        """A session that no longer counts here, and had opened applications that may not know."""
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
                attributes=displayed(active_session.snapshot, language),
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
            )
        )

    def _confirm(self, asked: LogoutRequest, active_session: ActiveSession | None) -> Response:
        page = ConfirmLogoutPage(
            display_name=active_session.snapshot.display_name if active_session else None,
            application=application_summary(asked.application, self._language(asked)) if asked.application else None,
            hidden=((MESSAGE_FIELD, asked.message),),
        )
        return render(page, language=" ".join(asked.languages))

    def _ended(self, asked: LogoutRequest, active_session: ActiveSession | None, *, certain: bool) -> AnyResponse:
        """End the session first; then tell where it had been, and say what has become of it."""
        session = active_session.session if active_session else self._lapsed()
        if session is None:
            return self._back_to_application(asked) if asked.return_url else self._nothing_to_end(asked)
        logout = self._logout.begin(
            [session],
            by=EndedBy.LOGOUT,
            client=ClientInfo.of(request),
            login=active_session.snapshot.login if active_session else None,
            asked_by=_asked_by(asked, session),
            back=_return(asked, certain=certain),
            refused_return=self._refused_return(asked),
            languages=asked.languages,
            browser=self._web.forms.browser(),
        )
        if certain and asked.return_url and all(is_told_by_servers(part) for part in others(logout)):
            return self._back_to_application(asked)
        return self._pages.begun(logout)

    def _back_to_application(self, asked: LogoutRequest) -> AnyResponse:
        assert asked.return_url is not None  # noqa: S101 - both callers have looked
        return self._without_session(redirect(asked.return_url, 303))

    def _nothing_to_end(self, asked: LogoutRequest) -> AnyResponse:
        """There is no session, and so nothing is known of applications that may be open."""
        active_session = self._active_session()
        page = SignedOutPage(
            application=application_summary(asked.application, self._language(asked)) if asked.application else None,
            return_url=asked.return_url,
            display_name=active_session.snapshot.display_name if active_session else None,
            session_ended=False,
            refused_return=self._refused_return(asked),
        )
        response = render(page, language=" ".join(asked.languages))
        return response if active_session else self._without_session(response)

    def _refused_return(self, asked: LogoutRequest) -> RefusedReturn | None:
        """That the person cannot go back, with the reference by which an operator finds what was asked for."""
        if (refused := asked.refused_return) is None:
            return None
        return RefusedReturn(code=refused.fault.value, reference=self._untrusted_requests.record(refused, journal))

    def _without_session(self, response: AnyResponse) -> AnyResponse:
        self._web.cookies.forget(response, SESSION_COOKIE)
        return response

    def _language(self, asked: LogoutRequest) -> str:
        return self._web.language(" ".join(asked.languages))


def _asked_by(asked: LogoutRequest, session: Session) -> str | None:
    """The application that has shown that it wants this session to end: it need not be named as perhaps open."""
    if asked.application is None or not asked.certainly_for(session):
        return None
    return f"{asked.protocol}:{asked.application.identifier}"


def _return(asked: LogoutRequest, *, certain: bool) -> ReturnTo | None:
    if asked.application is None or asked.return_url is None:
        return None
    return ReturnTo(
        protocol=asked.protocol,
        identifier=asked.application.identifier,
        going=ReturnPolicy.WHEN_COMPLETE if certain else ReturnPolicy.BY_LINK,
        asked={"url": asked.return_url},
    )


def is_told_by_servers(part: LogoutTarget) -> bool:
    """Whether it needs neither the person's browser nor their attention."""
    return part.outcome in (Outcome.CLOSED, Outcome.TELLING)
