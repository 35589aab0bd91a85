"""An operator on the page of one request: what they read, choose and confirm."""

from typing import Any

from sqlalchemy import select

from enrollment.requests.models import EnrollmentRequest
from enrollment.requests.requests import parts_of
from enrollment.requests.states import RequestState
from enrollment.requests.vocabulary import PartKind
from tests.actors.browser import Browser
from tests.actors.enrollment import Enrollment
from tests.actors.page import Page
from tests.builders.enrollment import a_part, a_request, an_account_part


class OperatorOnRequest:
    """A request in the queue, and an operator's browser on its page."""

    def __init__(self, enrollment: Enrollment, browser: Browser, **named: Any) -> None:
        self._enrollment = enrollment
        self.browser = browser
        parts = [
            an_account_part(),
            a_part(PartKind.COMMUNITY, "onco-centre"),
            a_part(PartKind.APPLICATION, "dcc", reason="Je présente mes patientes."),
        ]
        with enrollment.services.database.transaction() as session:
            request = a_request(session, RequestState.PENDING, parts=parts, **named)
            self.reference, self.id = request.reference, request.id
        self.parts = {part.name or "account": part.id for part in parts}
        self.address = f"{enrollment.address}/office/requests/{self.reference}"

    def opens(self) -> Page:
        return self.browser.visits(self.address)

    def chooses(self, words: str = "", **choices: Any) -> Page:
        """Fill in the form of the decision, and go to the confirmation."""
        self.opens()
        filled = {f"choice-{self.parts[name.replace('_', '-')]}": choice for name, choice in choices.items()}
        return self.reviews(words=words, **filled)

    def reviews(self, **filled: str) -> Page:
        form = self.browser.page.form_with("version", f"choice-{self.parts['account']}")
        kept = {name: value for name, value in form.fields.items() if name in ("version", "form_token", "here")}
        form.fields = kept
        return self.browser.submits(form, step="review", **filled)

    def presses(self, step: str, **filled: str) -> Page:
        """Press a button of the confirmation."""
        return self.browser.submits(self.browser.page.form_with("version"), step=step, **filled)

    def reads(self) -> EnrollmentRequest:
        with self._enrollment.services.database.transaction() as session:
            return session.get_one(EnrollmentRequest, self.id)

    def rows(self, table: type[Any]) -> list[Any]:
        with self._enrollment.services.database.transaction() as session:
            return list(session.scalars(select(table).where(table.request_id == self.id)))

    def decisions(self) -> dict[str, str]:
        with self._enrollment.services.database.transaction() as session:
            return {part.name or "account": part.decision for part in parts_of(session, self.id)}
