"""The pages of a logout in progress: from application to application, then the result.

GET /logout/<logout>    the next application, the return to the initiator, or the result

Each page leads on by itself. A browser that comes back to one, by the back button or the page's link, goes on without
the application that did not respond.
"""

from flask import Blueprint, Response, abort

from config.web.pages import render
from config.web.prefetch import ignore_prefetch
from config.web.responses import see_other
from config.web.web_app import WebShell
from idp.logout.front_channel import NextTarget
from idp.logout.pages import ApplicationInLogout, GoingBackPage, SignedOutPage, SigningOutPage
from idp.logout.protocol import Outcome
from idp.logout.records import Logout
from idp.logout.single_logout import SingleLogout, is_complete
from idp.sessions.session import Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.form_policy import with_form_action
from idp.web.protocol_response import Redirect
from relying_parties.registry.registry import Registry

_WORST_FIRST = (
    Outcome.UNCONFIRMED,
    Outcome.NOT_NOTIFIED,
    Outcome.REDIRECTED,
    Outcome.WAITING,
    Outcome.RETRYING,
    Outcome.NOTIFYING,
    Outcome.CLOSED,
)


class LogoutPages:
    """The views of a logout in progress."""

    def __init__(self, *, web: WebShell, logout: SingleLogout, sessions: Sessions, registry: Registry) -> None:
        self._web = web
        self._logout = logout
        self._sessions = sessions
        self._registry = registry

    def blueprint(self) -> Blueprint:
        pages = Blueprint("logout", __name__)

        @pages.get("/logout/<identifier>")
        def next_step(identifier: str) -> Response:
            cookie = self._web.cookies.read(SESSION_COOKIE)
            logout = self._logout.find(identifier, self._web.forms.browser(), cookie)
            if logout is None:
                abort(404)
            return self._without_ended_session(self._next(logout))

        return ignore_prefetch(pages)

    def begun(self, logout: Logout) -> Response:
        """A redirect to the page of a logout that has just begun."""
        return self._without_ended_session(see_other(logout.path))

    def _next(self, logout: Logout) -> Response:
        next_target = self._logout.front_channel.next_target(logout)
        if next_target is not None:
            return self._signing_out(logout, next_target)
        logout = self._logout.await_results(logout)
        response = self._logout.initiator_response(logout)
        if response is not None and self._logout.returns_now(logout):
            going_back = GoingBackPage(
                application=self._initiator(logout), response=response, successful=is_complete(logout)
            )
            return with_form_action(render(going_back, language=self._languages(logout)), response)
        active_session = self._sessions.find(self._web.cookies.read(SESSION_COOKIE))
        may_change = logout.first_with(Outcome.NOTIFYING) or logout.first_with(Outcome.RETRYING)
        page = SignedOutPage(
            applications=self.applications(logout),
            application=self._initiator(logout),
            return_url=response.url if isinstance(response, Redirect) else None,
            display_name=active_session.snapshot.display_name if active_session else None,
            again_url=logout.path if may_change else None,
            session_ended=bool(logout.browser_sid),
            refused_return=logout.refused_return,
        )
        return render(page, language=self._languages(logout))

    def _signing_out(self, logout: Logout, next_target: NextTarget) -> Response:
        logout = self._logout.reload(logout)
        application = self._registry.by_identifier(next_target.target.participation.identifier)
        assert application is not None  # noqa: S101 - `next_target` has found it
        page = SigningOutPage(
            applications=self.applications(logout),
            to=application_summary(application, self._language(logout)),
            response=next_target.response,
            skip_url=logout.path,
        )
        return with_form_action(render(page, language=self._languages(logout)), next_target.response)

    def applications(self, logout: Logout) -> tuple[ApplicationInLogout, ...]:
        """Each application once, with its worst outcome."""
        outcomes: dict[str, Outcome] = {}
        for target in logout.browser_targets:
            identifier = target.participation.identifier
            outcomes[identifier] = min(target.outcome, outcomes.get(identifier, Outcome.CLOSED), key=_WORST_FIRST.index)
        shown = []
        for identifier, outcome in outcomes.items():
            if (application := self._registry.by_identifier(identifier)) is None:
                shown.append(ApplicationInLogout(name=None, outcome=outcome))
            else:
                summary = application_summary(application, self._language(logout))
                shown.append(ApplicationInLogout(name=summary.name, outcome=outcome, home_url=summary.home_url))
        return tuple(shown)

    def _initiator(self, logout: Logout) -> ApplicationOnPage | None:
        application = self._registry.by_identifier(logout.return_to.identifier) if logout.return_to else None
        return application_summary(application, self._language(logout)) if application else None

    def _languages(self, logout: Logout) -> str:
        return " ".join(logout.languages)

    def _language(self, logout: Logout) -> str:
        return self._web.language(self._languages(logout))

    def _without_ended_session(self, response: Response) -> Response:
        """Delete the session cookie, unless it belongs to another session that is active."""
        cookie = self._web.cookies.read(SESSION_COOKIE)
        if cookie is not None and self._sessions.find(cookie) is None:
            self._web.cookies.delete(response, SESSION_COOKIE)
        return response
