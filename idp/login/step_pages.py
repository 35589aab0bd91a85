"""The page of each unmet requirement of a pending login."""

from dataclasses import dataclass, replace

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
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.form_policy import with_form_action

_REASONS = {
    UnmetRequirement.RECENT: "login.recent",
    UnmetRequirement.SAME_PERSON: "login.same-person",
    UnmetRequirement.ASSURANCE: "login.assurance",
}
_IDENTIFIES = frozenset({UnmetRequirement.AUTHENTICATION, UnmetRequirement.RECENT, UnmetRequirement.SAME_PERSON})


@dataclass(frozen=True, slots=True, kw_only=True)
class _StepUp:
    """The methods by which a person adds to a session what it lacks.

    `voluntary` and `session_shown` are those of `SignOnPage`.
    """

    methods: tuple[LoginMethod, ...]
    person: str
    voluntary: str
    session_shown: str

    @property
    def reason(self) -> str:
        return "login.voluntary-assurance" if self.voluntary else "login.assurance"


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
        step_up = None if unmet in _IDENTIFIES else self._step_up(step)
        methods = step_up.methods if step_up else self._methods.that_open(step.request.required_assurance)
        panels = self._panels(step, methods, attempted=method)
        page = SignOnPage(
            application=self._application(step),
            pending=step.pending.identifier,
            login_hint=login or step.request.login_hint[:254],
            reason=step_up.reason if step_up else _REASONS.get(unmet) if unmet else None,
            person=step_up.person if step_up else "",
            voluntary=step_up.voluntary if step_up else "",
            session_shown=step_up.session_shown if step_up else "",
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

    def _step_up(self, step: Step) -> _StepUp | None:
        """What the session's person adds to it; None if it lacks no assurance, or no single method reaches that."""
        request, active = step.request, step.active_session
        achieved = recent_factors(active.session, request, flow_id=step.pending.flow_id) if active else None
        missing = missing_assurance(request, achieved) if achieved else None
        if active is None or achieved is None or missing is None:
            return None
        methods = self._methods.that_reach(active.snapshot, achieved, missing)
        if not methods:
            return None
        return _StepUp(
            methods=methods,
            person=active.snapshot.display_name,
            voluntary=missing if missing > request.required_assurance else "",
            session_shown=session_shown(step.pending, active),
        )

    def _application(self, step: Step) -> ApplicationOnPage | None:
        application = step.request.application
        return application_summary(application, self._language(step)) if application else None

    def _language(self, step: Step) -> str:
        return self._web.language(" ".join(step.request.languages))

    def _show(self, step: Step, page: Page, status: int = 200) -> Response:
        response = render(page, status, " ".join(step.request.languages))
        self._cookies.list_login(response, step.pending.identifier)
        return response


def _name(step: Step) -> str:
    return step.active_session.snapshot.display_name if step.active_session else ""
