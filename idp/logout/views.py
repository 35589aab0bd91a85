"""Single logout as the person sees it: from application to application, and what has become of each.

GET /logout/<logout>    the next application to go to, or the way back, or the result

Each stop is a page of ours that goes on by itself. Whoever comes back to it, by the
back button or by its link, goes on without the application that did not answer.
"""

from flask import Blueprint, Response, abort

from config.web.pages import render
from config.web.prefetch import ignore_prefetch
from config.web.responses import see_other
from config.web.web_app import WebShell
from idp.logout.pages import ApplicationInLogout, GoingBackPage, SignedOutPage, SigningOutPage
from idp.logout.protocol import Outcome
from idp.logout.records import Logout
from idp.logout.single_logout import NextTarget, SingleLogout, is_complete
from idp.sessions.session import Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.form_policy import with_form_action
from idp.web.protocol_response import Redirect
from relying_parties.registry.registry import Registry

_WORST_FIRST = (
    Outcome.UNCONFIRMED,
    Outcome.UNTOLD,
    Outcome.ASKED,
    Outcome.WAITING,
    Outcome.RETRYING,
    Outcome.TELLING,
    Outcome.CLOSED,
)


class LogoutPages:
    """The views of a logout that is going on."""

    def __init__(self, *, web: WebShell, logout: SingleLogout, sessions: Sessions, registry: Registry) -> None:
        self._web = web
        self._logout = logout
        self._sessions = sessions
        self._registry = registry

    def blueprint(self) -> Blueprint:
        pages = Blueprint("logout", __name__)

        @pages.get("/logout/<identifier>")
        def stop(identifier: str) -> Response:
            cookie = self._web.cookies.read(SESSION_COOKIE)
            logout = self._logout.find(identifier, self._web.forms.browser(), cookie)
            if logout is None:
                abort(404)
            return self._forgetting(self._stop(logout))

        return ignore_prefetch(pages)

    def begun(self, logout: Logout) -> Response:
        """To the page of a logout that was just begun."""
        return self._forgetting(see_other(logout.path))

    def _stop(self, logout: Logout) -> Response:
        onward = self._logout.next_front_channel(logout)
        if onward is not None:
            return self._onward(logout, onward)
        logout = self._logout.await_results(logout)
        departure = self._logout.departure(logout)
        if departure is not None and self._logout.answers(logout):
            going_back = GoingBackPage(
                application=self._asking(logout), departure=departure, successful=is_complete(logout)
            )
            return with_form_action(render(going_back, language=self._languages(logout)), departure)
        active_session = self._sessions.find(self._web.cookies.read(SESSION_COOKIE))
        waits = logout.next_with(Outcome.TELLING) or logout.next_with(Outcome.RETRYING)
        page = SignedOutPage(
            applications=self.applications(logout),
            application=self._asking(logout),
            return_url=departure.url if isinstance(departure, Redirect) else None,
            display_name=active_session.snapshot.display_name if active_session else None,
            again_url=logout.path if waits else None,
            session_ended=bool(logout.here),
            refused_return=logout.refused_return,
        )
        return render(page, language=self._languages(logout))

    def _onward(self, logout: Logout, onward: NextTarget) -> Response:
        logout = self._logout.now(logout)
        application = self._registry.by_identifier(onward.part.participation.identifier)
        assert application is not None  # noqa: S101 - it was just asked
        page = SigningOutPage(
            applications=self.applications(logout),
            to=application_summary(application, self._language(logout)),
            departure=onward.departure,
            skip_url=logout.path,
        )
        return with_form_action(render(page, language=self._languages(logout)), onward.departure)

    def applications(self, logout: Logout) -> tuple[ApplicationInLogout, ...]:
        """Each application once, with the worst that is known of it."""
        outcomes: dict[str, Outcome] = {}
        for part in logout.parts_here:
            identifier = part.participation.identifier
            outcomes[identifier] = min(part.outcome, outcomes.get(identifier, Outcome.CLOSED), key=_WORST_FIRST.index)
        shown = []
        for identifier, outcome in outcomes.items():
            if (application := self._registry.by_identifier(identifier)) is None:
                shown.append(ApplicationInLogout(name=None, outcome=outcome))
            else:
                seen = application_summary(application, self._language(logout))
                shown.append(ApplicationInLogout(name=seen.name, outcome=outcome, home_url=seen.home_url))
        return tuple(shown)

    def _asking(self, logout: Logout) -> ApplicationOnPage | None:
        application = self._registry.by_identifier(logout.back.identifier) if logout.back else None
        return application_summary(application, self._language(logout)) if application else None

    def _languages(self, logout: Logout) -> str:
        return " ".join(logout.languages)

    def _language(self, logout: Logout) -> str:
        return self._web.language(self._languages(logout))

    def _forgetting(self, response: Response) -> Response:
        """Without the cookie of a session that is over; another one that is open is kept."""
        cookie = self._web.cookies.read(SESSION_COOKIE)
        if cookie is not None and self._sessions.find(cookie) is None:
            self._web.cookies.forget(response, SESSION_COOKIE)
        return response
