"""The page of each unmet requirement of a pending login."""

from dataclasses import replace

from flask import Response, redirect
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter
from config.web.forms import Problems
from config.web.pages import Page, render
from config.web.security import allow_local_programs
from config.web.web_app import WebShell
from idp.login.browser import last_method
from idp.login.conditions import ConditionsStep
from idp.login.methods.base import LoginMethod, MethodPanel
from idp.login.methods.offered import LoginMethods
from idp.login.pages import (
    AssuranceRefusedPage,
    ConfirmIdentityPage,
    EntryRefusedPage,
    SignOnPage,
    StartAgainPage,
)
from idp.login.pending import StartAgainReason
from idp.login.pending_cookies import PendingCookies
from idp.login.requirements import UnmetRequirement, missing_assurance, recent_factors
from idp.login.shown_session import session_shown
from idp.login.step import Step
from idp.sessions.authentication import Authentication
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.form_policy import with_form_action
from relying_parties.policy import AssuranceLevel

_REASONS = {
    UnmetRequirement.RECENT: "login.recent",
    UnmetRequirement.SAME_PERSON: "login.same-person",
    UnmetRequirement.ASSURANCE: "login.assurance",
}
_VOLUNTARY = "login.voluntary-assurance"
_IDENTIFIES = frozenset({UnmetRequirement.AUTHENTICATION, UnmetRequirement.RECENT, UnmetRequirement.SAME_PERSON})


class StepPages:
    """Shows the pages, and lists the login in the browser's cookie."""

    def __init__(
        self,
        web: WebShell,
        cookies: PendingCookies,
        methods: LoginMethods,
        *,
        conditions: ConditionsStep | None,
    ) -> None:
        self._methods = methods
        self._web = web
        self._conditions = conditions
        self._cookies = cookies

    def start_again(self, application: ApplicationOnPage | None, reason: StartAgainReason) -> Response:
        """The page of a login that must start again, with a link to its application if that is known."""
        return render(StartAgainPage(reason=reason, application=application), 410)

    def show(self, step: Step, unmet: UnmetRequirement) -> AnyResponse:
        """The page of an unmet requirement."""
        application, identifier = self._application(step), step.pending.identifier
        match unmet:
            case UnmetRequirement.CURRENT_PASSWORD:
                return redirect(f"/password/change?pending={identifier}", 303)
            case UnmetRequirement.IDENTITY_CONFIRMATION if application and step.active_session:
                page = ConfirmIdentityPage(
                    display_name=step.active_session.snapshot.display_name,
                    application=application,
                    pending=identifier,
                    person=session_shown(step.pending, step.active_session),
                )
                return self._show(step, page)
            case UnmetRequirement.CONDITIONS if self._conditions and step.active_session:
                return self._show(
                    step, self._conditions.page(step, step.active_session, application, self._language(step))
                )
            case UnmetRequirement.ENTRY if application and step.active_session:
                back, snapshot = step.protocol.refuse(step.request, unmet.refusal), step.active_session.snapshot
                level, asked_for = snapshot.confidentiality, step.request.application
                refused = EntryRefusedPage(
                    application=application,
                    display_name=snapshot.display_name,
                    closing_level=level if asked_for is not None and asked_for.is_closed_to(level) else None,
                    back=back,
                )
                return with_form_action(self._show(step, refused, 403), back)
            case UnmetRequirement.REACHABLE_ASSURANCE if application:
                back = step.protocol.refuse(step.request, unmet.refusal)
                unreachable = AssuranceRefusedPage(
                    application=application,
                    needed=step.request.required_assurance,
                    display_name=_name(step),
                    is_offered=self._methods.can_reach(step.request.required_assurance),
                    back=back,
                )
                return with_form_action(self._show(step, unreachable, 403), back)
            case UnmetRequirement.ENTRY | UnmetRequirement.REACHABLE_ASSURANCE:
                raise Forbidden  # an internal page: there is no application to go back to
        return self.sign_on(step, unmet=unmet)

    def sign_on(
        self,
        step: Step,
        *,
        unmet: UnmetRequirement | None = None,
        method: str = "",
        login: str = "",
        problems: Problems = (),
        wait: RetryAfter | None = None,
        status: int = 200,
    ) -> Response:
        """The sign-on page. When only assurance is missing, its panels are the methods that would reach it.

        `method` is the method whose attempt failed: its panel is open.
        """
        missing = _missing_assurance(step) if unmet not in _IDENTIFIES else None
        added = self._that_reach(step, missing) if missing else ()
        if added and unmet is None:
            unmet = UnmetRequirement.ASSURANCE
        voluntary = missing if added and missing and missing > step.request.required_assurance else None
        panels = self._panels(step, added or self._methods.that_open(step.request.required_assurance), attempted=method)
        page = SignOnPage(
            application=self._application(step),
            pending=step.pending.identifier,
            login_hint=login or step.request.login_hint[:254],
            reason=_VOLUNTARY if voluntary else _REASONS.get(unmet) if unmet else None,
            person=_name(step) if added else "",
            voluntary=voluntary or "",
            session_shown=session_shown(step.pending, step.active_session) if step.active_session else "",
            problems=problems,
            wait_seconds=wait.seconds if wait else None,
            panels=panels,
            expires_in=step.pending.minutes_left,
        )
        response = self._show(step, page, status)
        if called := [origin for panel in panels for origin in panel.connects_to]:
            allow_local_programs(response, called)
        return response

    def _panels(self, step: Step, methods: tuple[LoginMethod, ...], *, attempted: str) -> tuple[MethodPanel, ...]:
        """The panels, of which the browser's last used is the first. All are closed where none was used yet."""
        last_used = last_method(self._web)
        panels = sorted((method.panel(step) for method in methods), key=lambda panel: panel.method != last_used)
        opened = panels[0].method if len(panels) == 1 else attempted or last_used
        return tuple(
            replace(panel, is_open=panel.method == opened, was_used_last=panel.method == last_used) for panel in panels
        )

    def _that_reach(self, step: Step, level: AssuranceLevel) -> tuple[LoginMethod, ...]:
        """The methods that this person can add to their session and that reach `level`."""
        achieved = _achieved(step)
        if step.active_session is None or achieved is None:
            return ()
        return self._methods.that_reach(step.active_session.snapshot, achieved, level)

    def _application(self, step: Step) -> ApplicationOnPage | None:
        application = step.request.application
        return application_summary(application, self._language(step)) if application else None

    def _language(self, step: Step) -> str:
        return self._web.language(" ".join(step.request.languages))

    def _show(self, step: Step, page: Page, status: int = 200) -> Response:
        response = render(page, status, " ".join(step.request.languages))
        self._cookies.list_login(response, step.pending.identifier)
        return response


def _achieved(step: Step) -> Authentication | None:
    """The factors of the session that count for the request; None without any."""
    if step.active_session is None:
        return None
    return recent_factors(step.active_session.session, step.request, flow_id=step.pending.flow_id)


def _missing_assurance(step: Step) -> AssuranceLevel | None:
    """The assurance that the session lacks; None when it lacks none, or when nobody is authenticated."""
    achieved = _achieved(step)
    return None if achieved is None else missing_assurance(step.request, achieved)


def _name(step: Step) -> str:
    return step.active_session.snapshot.display_name if step.active_session else ""
