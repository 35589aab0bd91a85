"""The step of a login in which the person accepts the region's conditions of use."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from config.conditions import Conditions
from config.redis.store import fingerprint
from config.web.forms import FormProblems, form_field, read_form
from idp.accounts.models import Language
from idp.accounts.snapshot import AcceptedConditions
from idp.login.pages import ConditionsPage
from idp.login.pending import PendingLogin
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
        form, active_session = read_form(ConditionsForm), step.active_session
        if isinstance(form, FormProblems) or active_session is None:
            return
        if is_session_shown(form.person, step.pending, active_session) and form.version == self.conditions.version:
            accepted = AcceptedConditions(
                version=form.version, language=Language(language), accepted_at=datetime.now(UTC)
            )
            self.accept(active_session.session.account_id, accepted)


def is_session_shown(posted: str, pending: PendingLogin, active_session: ActiveSession) -> bool:
    """Whether a form was on a page that showed this session. `posted` may be any text."""
    shown = session_shown(pending, active_session)
    return secrets.compare_digest(posted.encode("utf-8", "surrogatepass"), shown.encode("ascii"))


def session_shown(pending: PendingLogin, active_session: ActiveSession) -> str:
    """Identifies the session shown on a login's page, in the page's form: a digest that only this login has."""
    return fingerprint(f"{pending.identifier}|{active_session.session.sid}")[:32]
