"""The pages of a login that has begun: which one each thing missing asks for, and what it shows."""

from dataclasses import dataclass

from flask import Response, redirect
from werkzeug.wrappers import Response as AnyResponse

from config.redis.rate_limits import RetryAfter
from config.redis.store import fingerprint
from config.web.forms import Problems
from config.web.pages import Page, render
from config.web.web_app import WebShell
from idp.login.pages import AssuranceRefusedPage, EntryRefusedPage, RecognisedPage, SignOnPage, StartAgainPage
from idp.login.pending import Lost, PendingLogin
from idp.login.pending_cookies import PendingCookies
from idp.login.request import LoginProtocol, LoginRequest
from idp.login.requirements import UnmetRequirement
from idp.sessions.session import ActiveSession
from idp.web.application_summary import ApplicationOnPage, application_summary
from idp.web.form_policy import with_form_action

_ASKED_AGAIN = {UnmetRequirement.RECENT: "login.recent", UnmetRequirement.SAME_PERSON: "login.same-person"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A pending login as this browser may go on with it."""

    pending: PendingLogin
    protocol: LoginProtocol
    request: LoginRequest
    opened: ActiveSession | None


def person_shown(pending: PendingLogin, opened: ActiveSession) -> str:
    """Who is shown on a login's page, for its form to say back: a session's number, as only this login has it."""
    return fingerprint(f"{pending.identifier}|{opened.session.sid}")[:32]


class StepPages:
    """Shows them, and lists the login with those that the browser keeps."""

    def __init__(self, web: WebShell, kept: PendingCookies, *, card_announced: bool) -> None:
        self._web = web
        self._card_announced = card_announced
        self._kept = kept

    def start_again(self, application: ApplicationOnPage | None, reason: Lost) -> Response:
        """The login does not go on here; the way back to the application, when it is known."""
        return render(StartAgainPage(reason=reason, application=application), 410)

    def missing(self, step: Step, missing: UnmetRequirement) -> AnyResponse:
        """The page that `missing` asks for."""
        application, identifier = self._application(step), step.pending.identifier
        match missing:
            case UnmetRequirement.CURRENT_PASSWORD:
                return redirect(f"/password/change?pending={identifier}", 303)
            case UnmetRequirement.IDENTITY_CONFIRMATION if application and step.opened:
                page = RecognisedPage(
                    display_name=step.opened.snapshot.display_name,
                    application=application,
                    pending=identifier,
                    person=person_shown(step.pending, step.opened),
                )
                return self._show(step, page)
            case UnmetRequirement.ENTRY if application and step.opened:
                back = step.protocol.refuse(step.request, missing.refusal)
                refused = EntryRefusedPage(
                    application=application, display_name=step.opened.snapshot.display_name, back=back
                )
                return with_form_action(self._show(step, refused, 403), back)
            case UnmetRequirement.REACHABLE_ASSURANCE if application:
                back = step.protocol.refuse(step.request, missing.refusal)
                unreachable = AssuranceRefusedPage(
                    application=application, needed=step.request.required_assurance, back=back
                )
                return with_form_action(self._show(step, unreachable, 403), back)
        return self.sign_on(step, missing=missing)

    def sign_on(
        self,
        step: Step,
        *,
        missing: UnmetRequirement | None = None,
        login: str = "",
        problems: Problems = (),
        wait: RetryAfter | None = None,
        status: int = 200,
    ) -> Response:
        page = SignOnPage(
            application=self._application(step),
            pending=step.pending.identifier,
            login_hint=login or step.request.login_hint[:254],
            reason=_ASKED_AGAIN.get(missing) if missing else None,
            problems=problems,
            wait_seconds=wait.seconds if wait else None,
            card_announced=self._card_announced,
            expires_in=step.pending.minutes_left,
        )
        return self._show(step, page, status)

    def _application(self, step: Step) -> ApplicationOnPage | None:
        application = step.request.application
        return application_summary(application, self._language(step)) if application else None

    def _language(self, step: Step) -> str:
        return self._web.language(" ".join(step.request.languages))

    def _show(self, step: Step, page: Page, status: int = 200) -> Response:
        response = render(page, status, " ".join(step.request.languages))
        self._kept.note(response, step.pending.identifier)
        return response
