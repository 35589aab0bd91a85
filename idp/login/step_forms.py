"""The forms of a pending login that belong to no login method. Each returns to the decision.

POST /login/<pending>/confirm     the person confirms their identity, or denies it
POST /login/<pending>/decline     the person goes on without the assurance that the application would like
POST /login/<pending>/conditions  the person accepts the conditions of use
POST /login/<pending>/prolong     the pending login gets its whole lifetime again
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.forms import FormProblems, form_field, read_form
from config.web.responses import see_other
from config.web.web_app import WebShell
from idp.login.conditions import ConditionsStep
from idp.login.pending import PendingLogins, Sealed
from idp.login.pending_cookies import PendingCookies, path_of
from idp.login.shown_session import posted_session
from idp.login.step import Step
from idp.logout.single_logout import SingleLogout
from idp.sessions.end_reason import EndedBy
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.client_info import ClientInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmForm:
    choice: str = form_field(longest=16)
    person: str = form_field(longest=64, optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineForm:
    person: str = form_field(longest=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForms:
    """Answers the forms."""

    web: WebShell
    cookies: PendingCookies
    pendings: PendingLogins
    logout: SingleLogout
    conditions: ConditionsStep | None

    @property
    def actions(self) -> Mapping[str, Callable[[Step], AnyResponse]]:
        """What answers each form, by the last part of its address."""
        return {
            "confirm": self._confirm,
            "decline": self._decline,
            "conditions": self._accept,
            "prolong": self._prolong,
        }

    def _confirm(self, step: Step) -> AnyResponse:
        """A person who denies their identity ends the session; the next person starts from the sign-on page.

        The form applies to the session that the page showed: if another one was opened since, the page is shown again.
        """
        form = read_form(ConfirmForm)
        response = back_to(step)
        if isinstance(form, FormProblems) or (shown := posted_session(form.person, step)) is None:
            return response
        if form.choice == "continue":
            self._keep(response, self.pendings.confirm_identity(step.pending, shown.session.sid))
        else:
            self.logout.begin(
                [shown.session],
                by=EndedBy.NOT_THIS_PERSON,
                client=ClientInfo.of(request),
                login=shown.snapshot.login,
                has_browser=False,
            )
            self.web.cookies.delete(response, SESSION_COOKIE)
        return response

    def _decline(self, step: Step) -> AnyResponse:
        """In this login, for the session that the page showed. What is required stays so (`requirements.py`)."""
        form = read_form(DeclineForm)
        response = back_to(step)
        if not isinstance(form, FormProblems) and (shown := posted_session(form.person, step)):
            self._keep(response, self.pendings.decline_assurance(step.pending, shown.session.sid))
        return response

    def _accept(self, step: Step) -> AnyResponse:
        if self.conditions is not None:
            self.conditions.read(step, self.web.language(" ".join(step.request.languages)))
        return back_to(step)

    def _prolong(self, step: Step) -> AnyResponse:
        response = back_to(step)
        self._keep(response, self.pendings.prolong(step.pending))
        return response

    def _keep(self, response: Response, sealed: Sealed) -> None:
        self.cookies.set(response, sealed.pending.identifier, sealed.cookie)


def back_to(step: Step) -> Response:
    """Return to the decision of a pending login after a form."""
    return see_other(path_of(step.pending.identifier))
