"""The front page, my session, and signing out: the pages about the session itself."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.audit import Audit
from config.web.pages import render
from config.web.shell import WebShell
from idp.login.dispatch import Dispatch
from idp.login.on_page import on_page
from idp.login.own_pages import OwnPage, OwnPages
from idp.login.pages import ApplicationOnPage
from idp.login.pending import PendingLogins
from idp.login.requirements import Missing
from idp.login.views import SESSION_COOKIE, redirect_to_login, visitor
from idp.oidc.logout import LogoutRequest
from idp.sessions.ending import EndedBy, session_ended
from idp.sessions.pages import ApplicationInSession, ConfirmLogoutPage, HomePage, SessionPage, SignedOutPage
from idp.sessions.session import Opened, Sessions
from relying_parties.registry import Registry

MESSAGE_FIELD = "request"


class SessionPages:
    """The session views and what they need. `read_logout` reads a protocol's logout request."""

    def __init__(
        self,
        *,
        web: WebShell,
        sessions: Sessions,
        registry: Registry,
        dispatch: Dispatch,
        pendings: PendingLogins,
        audit: Audit,
        read_logout: Callable[[str], LogoutRequest],
    ) -> None:
        self._web = web
        self._sessions = sessions
        self._registry = registry
        self._dispatch = dispatch
        self._pendings = pendings
        self._audit = audit
        self._read_logout = read_logout
        self._own = OwnPages()

    def blueprint(self) -> Blueprint:
        pages = Blueprint("sessions", __name__)

        @pages.get("/")
        def home() -> Response:
            opened = self._opened()
            return render(HomePage(display_name=opened.standing.display_name if opened else None))

        @pages.get(OwnPage.SESSION)
        def session() -> AnyResponse:
            return self._session()

        @pages.get("/logout")
        def ask() -> AnyResponse:
            return self.log_out(self._read_logout(""))

        @pages.post("/logout")
        def log_out() -> Response:
            return self._confirmed(self._read_logout(request.form.get(MESSAGE_FIELD, "")))

        return pages

    def log_out(self, asked: LogoutRequest) -> AnyResponse:
        """What a logout request leads to: done and back, or a question to the person."""
        opened = self._opened()
        if opened is not None and not asked.certainly_for(opened.session):
            return self._confirm(asked, opened)
        done = self._signed_out(asked, opened)
        if asked.return_url is None:
            return done
        back = redirect(asked.return_url, 303)
        self._web.cookies.forget(back, SESSION_COOKIE)
        return back

    def _opened(self) -> Opened | None:
        return self._sessions.find(self._web.cookies.read(SESSION_COOKIE))

    def _session(self) -> AnyResponse:
        now = datetime.now(UTC)
        login_request = self._own.read(OwnPage.SESSION, now)
        opened = self._opened()
        found = self._dispatch.look(login_request, opened, recognised=True, now=now)
        if isinstance(found, Missing) or opened is None:
            return redirect_to_login(self._pendings, login_request)
        self._sessions.touch(opened.session)
        session, language = opened.session, self._web.language()
        applications = [
            (application, participation.first_used)
            for participation in self._sessions.participations(session.sid)
            if (application := self._registry.by_identifier(participation.identifier))
        ]
        return render(
            SessionPage(
                display_name=opened.standing.display_name,
                login=opened.standing.login,
                method=session.authentication.assurance,
                started_at=session.started_at,
                ends_at=session.ends_at,
                idle_at=opened.idle_at,
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

    def _confirm(self, asked: LogoutRequest, opened: Opened) -> Response:
        page = ConfirmLogoutPage(
            display_name=opened.standing.display_name,
            application=on_page(asked.application, self._language(asked)) if asked.application else None,
            hidden=((MESSAGE_FIELD, asked.message),),
        )
        return render(page, language=" ".join(asked.languages))

    def _confirmed(self, asked: LogoutRequest) -> Response:
        return self._signed_out(asked, self._opened())

    def _signed_out(self, asked: LogoutRequest, opened: Opened | None) -> Response:
        """End the session first; then say where it had been."""
        applications = self._end(opened, self._language(asked)) if opened else ()
        response = render(
            SignedOutPage(
                applications=applications,
                application=on_page(asked.application, self._language(asked)) if asked.application else None,
                return_url=asked.return_url,
            ),
            language=" ".join(asked.languages),
        )
        self._web.cookies.forget(response, SESSION_COOKIE)
        return response

    def _end(self, opened: Opened, language: str) -> tuple[ApplicationOnPage, ...]:
        participations = self._sessions.end(opened.session)
        self._audit.record_now(
            session_ended(opened.session, by=EndedBy.LOGOUT, visitor=visitor(), login=opened.standing.login)
        )
        applications = (self._registry.by_identifier(participation.identifier) for participation in participations)
        return tuple(on_page(application, language) for application in applications if application)

    def _language(self, asked: LogoutRequest) -> str:
        return self._web.language(" ".join(asked.languages))
