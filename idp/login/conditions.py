"""The step of a login in which the person accepts the region's conditions of use."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from config.conditions import Conditions
from config.web.forms import FormProblems, form_field, read_form
from idp.accounts.models import Language
from idp.accounts.snapshot import AcceptedConditions
from idp.login.pages import ConditionsPage
from idp.login.shown_session import posted_session, session_shown
from idp.login.step import Step
from idp.sessions.session import ActiveSession
from idp.web.application_summary import ApplicationOnPage


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsForm:
    version: str = form_field(longest=32)
    person: str = form_field(longest=64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionsStep:
    """The current conditions, and how it is kept that an account, by its identifier, has accepted them."""

    conditions: Conditions
    accept: Callable[[str, AcceptedConditions], None]

    def page(
        self, step: Step, active_session: ActiveSession, application: ApplicationOnPage | None, language: str
    ) -> ConditionsPage:
        return ConditionsPage(
            application=application,
            display_name=active_session.snapshot.display_name,
            version=self.conditions.version,
            paragraphs=self.conditions.paragraphs(language),
            pending=step.pending.identifier,
            person=session_shown(step.pending, active_session),
        )

    def read(self, step: Step, language: str) -> None:
        """Keep what the current request accepts: the version that the page showed, for the session that it showed."""
        form = read_form(ConditionsForm)
        if isinstance(form, FormProblems) or form.version != self.conditions.version:
            return
        if active_session := posted_session(form.person, step):
            accepted = AcceptedConditions(
                version=form.version, language=Language(language), accepted_at=datetime.now(UTC)
            )
            self.accept(active_session.session.account_id, accepted)
