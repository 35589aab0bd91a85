"""What the pages of the four steps have in common, and how a step is opened and left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from flask import redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.pages import FormPage
from enrollment.applicant.card.kept import forget_card
from enrollment.applicant.drafts import Draft, Saved
from enrollment.applicant.services import ApplicantServices
from enrollment.applicant.step_order import READING_OVER, SENT, Step, first_missing, reachable, steps_of
from enrollment.requests.card import is_reading_over

THEN: Final = "then"
"""The parameter that says that the person came from the check, and goes back there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPage(FormPage):
    """A step: its number, the version of the draft that it shows, and what is wrong with its form."""

    step: ClassVar[Step]

    number: int
    count: int
    version: int
    previous: str
    then: str
    """`check` when the person came from there; else ""."""
    is_changed_elsewhere: bool = False

    @property
    def path(self) -> str:
        return address_of(self.step, self.then)

    @property
    def subjects(self) -> Mapping[str, str]:
        """What fields of one kind are about, for the summary of problems: by the part of their ids after a hyphen."""
        return {}


def address_of(step: Step, then: str = "") -> str:
    return f"{step.address}?{THEN}={then}" if then else step.address


def step_columns(draft: Draft, step: Step, *, then: str) -> dict[str, Any]:
    """What a step's page says of where it stands; `then` is `came_from()`."""
    steps = steps_of(draft.request.kind)
    index = steps.index(step)
    previous = Step.CHECK if then else steps[index - 1] if index else None
    return {
        "number": index + 1,
        "count": len(steps),
        "version": draft.request.version,
        "previous": "/" if previous is None else previous.address,
        "then": then,
    }


def came_from() -> str:
    """`check` when the person came from the check and goes back there."""
    return "check" if request.args.get(THEN) == "check" else ""


def open_step(services: ApplicantServices, step: Step) -> Draft | AnyResponse:
    """The draft of this browser, if `step` may be opened; else the page to show instead.

    A card that counts no more is forgotten, unless a form was posted that is to be saved: saving forgets it too.
    """
    draft = services.draft()
    if draft is None:
        return services.no_draft(step.address)
    if draft.is_sent:
        return redirect(SENT, 303)
    if (request.method == "GET" or step is Step.CHECK) and is_reading_over(draft.request, datetime.now(UTC)):
        forget_card(services.database, services.key())
        return redirect(READING_OVER, 303)
    if not reachable(draft, step):
        return redirect(first_missing(draft).address, 303)
    return draft


def leave_step(services: ApplicantServices, step: Step, saved: Saved = Saved.DONE) -> AnyResponse:
    """Where the person goes after a step was saved: back to the check if they came from it, else to the next step.

    If the card of the draft counts no more, they have it read again first.
    """
    if saved is Saved.READING_OVER:
        return redirect(READING_OVER, 303)
    draft = services.draft()
    if draft is None:
        return services.no_draft(step.address)
    if draft.is_sent:
        return redirect(SENT, 303)
    steps = steps_of(draft.request.kind)
    following = Step.CHECK if came_from() else steps[steps.index(step) + 1]
    return redirect((following if reachable(draft, following) else first_missing(draft)).address, 303)
